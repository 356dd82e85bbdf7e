// Pictures of 8 bits a sample, and the files they are read from: JPEG, PNG, PPM, PGM and PBM. What a file is, its content says,
// not its name. Pixels are those of Pillow's `Image.open(path).convert("RGB")`; docs/pictures.md lists where they are not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/base/files.h"

namespace espalier {

/// Row by row from the top, samples of a pixel together: [height, width, channels].
struct Image {
  int64_t width = 0, height = 0;
  int64_t channels = 0;  ///< 1: grey, 3: red, green, blue
  std::vector<uint8_t> pixels;

  Image() = default;
  /// All samples zero.
  Image(int64_t wide, int64_t high, int64_t deep)
      : width(wide), height(high), channels(deep), pixels(size_t(wide) * size_t(high) * size_t(deep)) {}
  uint8_t* row(int64_t y) { return pixels.data() + y * width * channels; }
  const uint8_t* row(int64_t y) const { return pixels.data() + y * width * channels; }
  bool operator==(const Image&) const = default;
};

/// What Pillow begins to warn of.
constexpr int64_t kMaxPixels = 89'478'485;

struct DecodeOptions {
  int64_t max_pixels = kMaxPixels;  ///< a larger picture is refused before memory is taken for it
  bool upright = true;              ///< turned as its EXIF orientation says, as `transformers` loads files
};

/// The picture that these bytes are a file of; grey files give one channel, all others three. A data Error at `place` when the
/// file is damaged, cut off or too large, an unsupported Error when it is of another format.
Image decode_image(std::string_view bytes, const std::string& place, const DecodeOptions& options = {});
Image read_image(const fs::path& path, const DecodeOptions& options = {});

/// "JPEG", "PNG", "PNM", the name of a known format that is not read ("GIF"), or "" when the first bytes say nothing.
std::string image_format(std::string_view bytes);

/// Grey becomes three equal channels.
Image to_rgb(Image image);
/// (19595 R + 38470 G + 7471 B + 32768) / 65536, as Pillow's convert("L") (ITU-R 601-2).
Image to_grey(Image image);

std::string encode_png(const Image& image);
/// P5 for grey, P6 for colours.
std::string encode_pnm(const Image& image);

}  // namespace espalier
