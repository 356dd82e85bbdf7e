#include "espalier/text/char_map.h"

#include <cstring>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

// One unit of the trie: the label that led here, whether an entry ends here, and where the children lie.
bool has_value(uint32_t unit) { return (unit >> 8 & 1) != 0; }
uint32_t label_of(uint32_t unit) { return unit & (1u << 31 | 0xFFu); }
uint32_t offset_of(uint32_t unit) { return unit >> 10 << ((unit & 1u << 9) >> 6); }
uint32_t value_of(uint32_t unit) { return unit & ((1u << 31) - 1); }

uint32_t read_size(std::string_view bytes) {
  uint32_t size = 0;
  for (size_t i = 0; i < 4; ++i) size |= uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return size;
}

bool is_start(std::string_view text, size_t at) { return at == 0 || text[at - 1] == '\0'; }

}  // namespace

CharMap::CharMap(std::string_view bytes, const std::string& place) {
  const uint32_t size = bytes.size() < 4 ? 0 : read_size(bytes);
  if (size == 0 || size % 4 != 0 || size > bytes.size() - 4) {
    throw data_error("the precompiled character map of {} bytes does not hold its trie", bytes.size()).at(place);
  }
  for (size_t at = 4; at < 4 + size_t{size}; at += 4) units_.push_back(read_size(bytes.substr(at)));
  texts_ = bytes.substr(4 + size_t{size});
  if (!valid_utf8(texts_)) throw data_error("the replacements of the precompiled character map are not valid UTF-8").at(place);
}

std::optional<std::string_view> CharMap::find(std::string_view text) const {
  size_t at = offset_of(units_[0]);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) break;
    at ^= byte;
    if (at >= units_.size() || label_of(units_[at]) != byte) return std::nullopt;
    const uint32_t unit = units_[at];
    at ^= offset_of(unit);
    if (at >= units_.size()) return std::nullopt;
    if (!has_value(unit)) continue;
    const size_t begin = value_of(units_[at]);
    if (begin >= texts_.size() || !is_start(texts_, begin)) {
      throw data_error("the precompiled character map has an entry without a replacement, '{}'", printable(text));
    }
    const std::string_view rest = std::string_view(texts_).substr(begin);
    return rest.substr(0, rest.find('\0'));
  }
  return std::nullopt;
}

std::string decode_base64(std::string_view text, const std::string& place) {
  const auto fail = [&](size_t at) -> Error {
    return data_error("the base64 text ends or goes wrong at character {} of {}", at + 1, text.size()).at(place);
  };
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) throw fail(text.size());
  size_t digits = text.size();
  while (digits > 0 && text.size() - digits < 2 && text[digits - 1] == '=') --digits;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t held = 0;
  for (size_t at = 0; at < digits; ++at) {
    const size_t digit = kDigits.find(text[at]);
    if (digit == std::string_view::npos) throw fail(at);
    held = held << 6 | static_cast<uint32_t>(digit);
    if (at % 4 != 0) bytes.push_back(static_cast<char>(held >> (6 - 2 * (at % 4)) & 0xFF));
  }
  return bytes;
}

}  // namespace espalier
