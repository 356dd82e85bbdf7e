// Case, white space and digits by utf8proc's categories; utf8proc and Python agree on every code point that both assign.
#include "espalier/metrics/python_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace espalier {
namespace {

constexpr char32_t kCapitalIDot = 0x130, kCapitalSigma = 0x3A3, kSmallSigma = 0x3C3, kFinalSigma = 0x3C2, kDotAbove = 0x307;

// Never reaches behind the end, whatever the bytes are.
size_t point_size(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  return std::min<size_t>(lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4, text.size() - at);
}

char32_t point_at(std::string_view text, size_t at, size_t size) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  if (size == 1) return byte(0);
  char32_t c = byte(0) & (0xFFu >> (size + 1));
  for (size_t i = 1; i < size; ++i) c = c << 6 | (byte(i) & 0x3Fu);
  return c;
}

void append_point(char32_t c, std::string& out) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(size));
}

utf8proc_category_t category(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }
bool ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Unicode's Case_Ignorable: marks, formats, modifiers, and what Word_Break calls MidLetter, MidNumLet and Single_Quote.
bool case_ignorable(char32_t c) {
  static constexpr std::array<char32_t, 17> kMiddles{'\'',   '.',    ':',    0xB7,   0x387,  0x55F,  0x5F4,  0x2018, 0x2019,
                                                     0x2024, 0x2027, 0xFE13, 0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};
  const utf8proc_category_t is = category(c);
  return is == UTF8PROC_CATEGORY_MN || is == UTF8PROC_CATEGORY_ME || is == UTF8PROC_CATEGORY_CF || is == UTF8PROC_CATEGORY_LM ||
         is == UTF8PROC_CATEGORY_SK || std::find(kMiddles.begin(), kMiddles.end(), c) != kMiddles.end();
}

// Unicode's Cased: letters with case and the symbols that carry one.
bool cased(char32_t c) {
  const utf8proc_category_t is = category(c);
  const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  return is == UTF8PROC_CATEGORY_LU || is == UTF8PROC_CATEGORY_LL || is == UTF8PROC_CATEGORY_LT || c == 0xAA || c == 0xBA ||
         within(0x2160, 0x217F) || within(0x24B6, 0x24E9) || within(0x1F130, 0x1F149) || within(0x1F150, 0x1F169) ||
         within(0x1F170, 0x1F189);
}

bool ends_word(const std::vector<char32_t>& points, size_t at) {
  size_t before = at, after = at + 1;
  while (before > 0 && case_ignorable(points[before - 1])) --before;
  while (after < points.size() && case_ignorable(points[after])) ++after;
  return before > 0 && cased(points[before - 1]) && (after == points.size() || !cased(points[after]));
}

}  // namespace

std::vector<char32_t> text_points(std::string_view text) {
  std::vector<char32_t> points;
  points.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t size = point_size(text, at);
    points.push_back(point_at(text, at, size));
    at += size;
  }
  return points;
}

std::string points_text(const std::vector<char32_t>& points) {
  std::string text;
  text.reserve(points.size());
  for (char32_t c : points) append_point(c, text);
  return text;
}

bool python_space(char32_t c) {
  if (c < 0x80) return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
  return c == 0x85 || c == 0x2028 || c == 0x2029 || category(c) == UTF8PROC_CATEGORY_ZS;
}

bool python_digit(char32_t c) { return c < 0x80 ? c >= '0' && c <= '9' : category(c) == UTF8PROC_CATEGORY_ND; }

bool python_word(char32_t c) {
  const utf8proc_category_t is = category(c);
  return c == '_' || (is >= UTF8PROC_CATEGORY_LU && is <= UTF8PROC_CATEGORY_LO) ||
         (is >= UTF8PROC_CATEGORY_ND && is <= UTF8PROC_CATEGORY_NO);
}

bool python_letter(char32_t c) {
  const utf8proc_category_t is = category(c);
  return (is >= UTF8PROC_CATEGORY_LU && is <= UTF8PROC_CATEGORY_LO) || is == UTF8PROC_CATEGORY_MN || is == UTF8PROC_CATEGORY_MC;
}

std::string python_lower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  if (ascii(text)) {
    for (char c : text) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
  }
  const std::vector<char32_t> points = text_points(text);
  for (size_t i = 0; i < points.size(); ++i) {
    if (points[i] == kCapitalIDot) {
      append_point('i', out), append_point(kDotAbove, out);
    } else if (points[i] == kCapitalSigma) {
      append_point(ends_word(points, i) ? kFinalSigma : kSmallSigma, out);
    } else {
      append_point(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(points[i]))), out);
    }
  }
  return out;
}

Tokens python_split(std::string_view text) {
  Tokens tokens;
  size_t begin = 0;
  for (size_t at = 0; at <= text.size();) {
    const size_t size = at < text.size() ? point_size(text, at) : 1;
    if (at == text.size() || python_space(point_at(text, at, size))) {
      if (at > begin) tokens.emplace_back(text.substr(begin, at - begin));
      begin = at + size;
    }
    at += size;
  }
  return tokens;
}

std::string_view python_strip(std::string_view text) {
  size_t begin = text.size(), end = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t size = point_size(text, at);
    if (!python_space(point_at(text, at, size))) begin = std::min(begin, at), end = at + size;
    at += size;
  }
  return begin < end ? text.substr(begin, end - begin) : std::string_view();
}

}  // namespace espalier
