#include "espalier/text/byte_level.h"

#include <array>
#include <string>

#include "espalier/text/text_pattern.h"
#include "espalier/text/unicode.h"

namespace espalier {
namespace {

constexpr char32_t kFirstMoved = 0x100, kMoved = 68;

constexpr bool is_printable(char32_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

// Printable bytes of Latin-1 are themselves; the others are U+0100 and up in turn.
struct ByteTable {
  std::array<std::string, 256> texts;
  std::array<unsigned char, kFirstMoved + kMoved> bytes{};

  ByteTable() {
    char32_t moved = kFirstMoved;
    for (char32_t byte = 0; byte < 256; ++byte) {
      const char32_t c = is_printable(byte) ? byte : moved++;
      append_utf8(c, texts[byte]);
      bytes[c] = static_cast<unsigned char>(byte);
    }
  }
};

const ByteTable& table() {
  static const ByteTable table;
  return table;
}

}  // namespace

std::string_view text_of_byte(unsigned char byte) { return table().texts[byte]; }

std::optional<unsigned char> byte_of_char(char32_t c) {
  if (c >= kFirstMoved + kMoved || (c < kFirstMoved && !is_printable(c))) return std::nullopt;
  return table().bytes[c];
}

void ByteLevel::split(const NormalText& normal, Span piece, NormalText& bytes, std::vector<Span>& words) const {
  const std::array<std::string, 256>& texts = table().texts;
  std::string_view text =
      std::string_view(normal.text).substr(static_cast<size_t>(piece.begin), static_cast<size_t>(piece.end - piece.begin));
  std::string spaced;
  if (add_prefix_space && text[0] != ' ') {
    spaced.append(" ").append(text);
    text = spaced;
  }
  const int32_t start = piece.begin - (spaced.empty() ? 0 : 1);
  bytes.text.clear();
  bytes.spans.clear();
  words.clear();
  // The space that was put in stands for the character behind it.
  const auto origin = [&](size_t begin, size_t end) {
    if (begin == 0 && !spaced.empty()) {
      begin = 1;
      next_char(text, end);
    }
    return normal.origin({start + static_cast<int32_t>(begin), start + static_cast<int32_t>(end)});
  };
  for (size_t at = 0; at < text.size();) {
    const size_t end = use_regex ? match_gpt2(text, at) : text.size();
    const auto word = static_cast<int32_t>(bytes.text.size());
    while (at < end) {
      const size_t begin = at;
      next_char(text, at);
      const Span from = origin(begin, at);
      for (size_t i = begin; i < at; ++i) bytes.append(texts[static_cast<unsigned char>(text[i])], from);
    }
    words.push_back({word, static_cast<int32_t>(bytes.text.size())});
  }
}

}  // namespace espalier
