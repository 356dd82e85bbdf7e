// EXIF's orientation, a TIFF tag (EXIF 2.3, 4.6.4), and the turns it asks for. Whatever cannot be used counts as upright.
#include <optional>
#include <utility>

#include "espalier/io/image_formats.h"

namespace espalier {
namespace {

constexpr uint64_t kOrientation = 0x0112, kShort = 3;

class Tiff {
 public:
  explicit Tiff(std::string_view bytes) : bytes_(bytes), big_(bytes.starts_with("MM")) {}
  std::optional<uint64_t> number(uint64_t at, uint64_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) return std::nullopt;
    uint64_t value = 0;
    for (uint64_t i = 0; i < size; ++i) {
      value = value << 8 | static_cast<unsigned char>(bytes_[at + (big_ ? i : size - 1 - i)]);
    }
    return value;
  }

 private:
  std::string_view bytes_;
  bool big_;
};

}  // namespace

int exif_orientation(std::string_view exif) {
  if (!exif.starts_with("II") && !exif.starts_with("MM")) return 1;
  const Tiff tiff(exif);
  if (tiff.number(2, 2) != 42) return 1;
  const std::optional<uint64_t> directory = tiff.number(4, 4);
  const std::optional<uint64_t> entries = directory ? tiff.number(*directory, 2) : std::nullopt;
  if (!entries) return 1;
  for (uint64_t entry = 0; entry < *entries; ++entry) {
    const uint64_t at = *directory + 2 + 12 * entry;
    if (tiff.number(at, 2) != kOrientation) continue;
    if (tiff.number(at + 2, 2) != kShort || tiff.number(at + 4, 4) != 1) return 1;
    const uint64_t value = tiff.number(at + 8, 2).value_or(1);
    return value >= 1 && value <= 8 ? int(value) : 1;
  }
  return 1;
}

Image turned_upright(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool across = orientation >= 5;  // rows become columns
  const bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image out(across ? image.height : image.width, across ? image.width : image.height, image.channels);
  uint8_t* to = out.pixels.data();
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x) {
      // where the pixel lies in the file: first across, then mirrored in the file's own axes
      int64_t from_x = across ? y : x, from_y = across ? x : y;
      if (mirror_x) from_x = image.width - 1 - from_x;
      if (mirror_y) from_y = image.height - 1 - from_y;
      const uint8_t* from = image.row(from_y) + from_x * image.channels;
      for (int64_t c = 0; c < image.channels; ++c) *to++ = from[c];
    }
  }
  return out;
}

}  // namespace espalier
