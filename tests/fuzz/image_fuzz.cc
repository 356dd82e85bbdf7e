// A picture file of any format, and what a model reads of it: an optional preprocessor_config.json, byte 0x1E, the file.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "espalier/io/image_processor.h"
#include "espalier/io/json.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

constexpr int64_t kLargest = 1 << 17;  // pixels

void read(std::string_view bytes) {
  // A file may hold the byte itself: the part before counts only where it could be JSON.
  const bool configured = bytes.starts_with("{") || bytes.starts_with('\x1e');
  const auto both = configured ? parts(bytes, 2) : std::vector<std::string_view>{"", bytes};
  const Image image = decode_image(both[1], "a", {.max_pixels = kLargest});
  expect(image.width >= 1 && image.height >= 1 && image.width * image.height <= kLargest, "the size is within the limit");
  expect(image.channels == 1 || image.channels == 3, "there are one or three channels");
  expect(int64_t(image.pixels.size()) == image.width * image.height * image.channels, "each pixel has its samples");
  expect(decode_image(encode_pnm(image), "b") == image, "what is written reads back");
  if (both[0].empty()) return;
  const ImageProcessor processor = image_processor_of(parse_json(both[0], "c"), "c", "ViTImageProcessor");
  if (processor.do_resize) {
    const auto [height, width] = processor.resized_size(image.height, image.width);
    if (height > kLargest / std::max<int64_t>(1, width)) return;  // slow, and bounded by kMaxPixels
    if (std::max(height, image.height) * std::max(width, image.width) > 8 * kLargest) return;
  }
  if (processor.do_center_crop && processor.crop_height * processor.crop_width > kLargest) return;
  const std::vector<float> pixels = processor(image);
  expect(processor.height() == 0 || int64_t(pixels.size()) == processor.channels() * processor.height() * processor.width(),
         "the result has the size that was said");
}

const AddTarget kTarget("image", read);

}  // namespace
}  // namespace espalier::fuzz
