// Little-endian numbers and pieces out of bytes, each access checked against the end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "espalier/base/error.h"

namespace espalier {

class ByteReader {
 public:
  /// `at` is where reading begins; `place` names the file in errors, `what` the part of it that is read.
  ByteReader(std::string_view bytes, std::string place, std::string what, uint64_t at = 0)
      : bytes_(bytes), place_(std::move(place)), what_(std::move(what)), at_(at) {}

  uint64_t at() const { return at_; }
  uint64_t left() const { return at_ <= bytes_.size() ? bytes_.size() - at_ : 0; }
  const std::string& place() const { return place_; }
  /// The next `size` bytes; a data Error where fewer are left.
  std::string_view take(uint64_t size) {
    if (at_ > bytes_.size() || size > left()) {
      throw data_error("{} ends too early: {} bytes are wanted at byte {}, {} are left", what_, size, at_, left())
          .at(place_)
          .hint("the file was cut off or is damaged; download or copy it again");
    }
    const std::string_view piece = bytes_.substr(at_, size);
    at_ += size;
    return piece;
  }
  /// A number of `size` bytes, at most 8.
  uint64_t number(size_t size) {
    const std::string_view piece = take(size);
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) value |= uint64_t{static_cast<unsigned char>(piece[i])} << (8 * i);
    return value;
  }
  /// Up to a line end, which is taken too.
  std::string_view line() {
    const size_t end = at_ <= bytes_.size() ? bytes_.find('\n', at_) : std::string_view::npos;
    if (end == std::string_view::npos) take(left() + 1);
    const std::string_view text = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return text;
  }

 private:
  std::string_view bytes_;
  std::string place_, what_;
  uint64_t at_;
};

}  // namespace espalier
