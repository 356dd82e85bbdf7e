// UTF-8: validity, repair by maximal invalid subparts (Unicode 15, 3.9, table 3-7), display width, printable excerpts.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "espalier/base/text.h"

namespace espalier {
namespace {

struct Decoded {
  uint32_t code = 0;
  size_t length = 0;  // bytes of a character, or of a maximal invalid subpart
  bool valid = false;
};

Decoded decode(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return i < text.size() ? uint8_t(text[i]) : uint8_t{0}; };
  const uint8_t lead = byte(at);
  if (lead < 0x80) return {lead, 1, true};
  size_t count = 0;
  uint32_t code = 0;
  uint8_t low = 0x80, high = 0xBF;  // bounds of the second byte
  if (lead >= 0xC2 && lead <= 0xDF) {
    count = 1, code = lead & 0x1F;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    count = 2, code = lead & 0x0F;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    count = 3, code = lead & 0x07;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {0, 1, false};
  }
  for (size_t i = 1; i <= count; ++i) {
    const uint8_t next = byte(at + i);
    if (next < low || next > high) return {0, i, false};
    code = code << 6 | (next & 0x3F);
    low = 0x80, high = 0xBF;
  }
  return {code, count + 1, true};
}

struct Range {
  uint32_t first, last;
};
constexpr Range kZeroWidth[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},  {0x064B, 0x065F},
                                {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x2060, 0x2064},  {0x20D0, 0x20FF},
                                {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
                           {0xA000, 0xA4CF},   {0xA960, 0xA97C},  {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
                           {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF},
                           {0x20000, 0x2FFFD}, {0x30000, 0x3FFFD}};

template <size_t N>
bool within(uint32_t code, const Range (&ranges)[N]) {
  return std::any_of(std::begin(ranges), std::end(ranges), [&](const Range& r) { return code >= r.first && code <= r.last; });
}

}  // namespace

bool valid_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    if (!next.valid) return false;
    at += next.length;
  }
  return true;
}

std::string repair_utf8(std::string_view text, int64_t* replaced) {
  std::string out;
  out.reserve(text.size());
  int64_t count = 0;
  for (size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    if (next.valid) {
      out += text.substr(at, next.length);
    } else {
      out += "\xEF\xBF\xBD";
      ++count;
    }
    at += next.length;
  }
  if (replaced != nullptr) *replaced = count;
  return out;
}

std::string printable(std::string_view text, size_t limit) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    const bool control = next.code < 0x20 || (next.code >= 0x7F && next.code < 0xA0);
    std::string piece;
    if (next.valid && !control) {
      piece = text.substr(at, next.length);
    } else {
      for (size_t i = 0; i < next.length; ++i) piece += fmt::format("\\x{:02x}", uint8_t(text[at + i]));
    }
    if (out.size() + piece.size() > limit) return out + "...";
    out += piece;
    at += next.length;
  }
  return out;
}

int64_t display_width(std::string_view text) {
  int64_t width = 0;
  for (size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    at += next.length;
    if (!next.valid) {
      width += 1;
    } else if (!within(next.code, kZeroWidth)) {
      width += within(next.code, kWide) ? 2 : 1;
    }
  }
  return width;
}

}  // namespace espalier
