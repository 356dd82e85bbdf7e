// The decoders behind image.h, one a format, each in its own file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "espalier/base/error.h"
#include "espalier/io/image.h"

namespace espalier {

/// A decoded file and the EXIF block that came with it, which begins with "II" or "MM"; empty without one.
struct DecodedImage {
  Image image;
  std::string exif;
};

DecodedImage decode_jpeg(std::string_view bytes, const std::string& place, int64_t max_pixels);
DecodedImage decode_png(std::string_view bytes, const std::string& place, int64_t max_pixels);
DecodedImage decode_pnm(std::string_view bytes, const std::string& place, int64_t max_pixels);

/// A data Error unless there are pixels, and at most `max_pixels`.
void check_image_size(int64_t width, int64_t height, int64_t max_pixels, const std::string& place);

/// The orientation of an EXIF block, 1 to 8; 1 (upright) where it says nothing that can be used.
int exif_orientation(std::string_view exif);
/// The picture turned or mirrored so that an orientation becomes 1.
Image turned_upright(Image image, int orientation);

}  // namespace espalier
