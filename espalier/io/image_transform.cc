#include "espalier/io/image_transform.h"

#include <algorithm>

namespace espalier {
namespace {

// Where the middle begins along one side: floor((size - crop) / 2) within, and behind a frame of ceil((crop - size) / 2) without.
int64_t begin_of_middle(int64_t size, int64_t crop) { return size >= crop ? (size - crop) / 2 : -((crop - size + 1) / 2); }

}  // namespace

Image cropped(const Image& image, int64_t left, int64_t top, int64_t width, int64_t height) {
  Image out(width, height, image.channels);
  const int64_t begin = std::max<int64_t>(0, left), end = std::min(image.width, left + width);
  if (begin >= end) return out;
  for (int64_t y = std::max<int64_t>(0, -top); y < height && y + top < image.height; ++y) {
    std::copy_n(image.row(y + top) + begin * image.channels, (end - begin) * image.channels,
                out.row(y) + (begin - left) * image.channels);
  }
  return out;
}

Image center_cropped(const Image& image, int64_t width, int64_t height) {
  return cropped(image, begin_of_middle(image.width, width), begin_of_middle(image.height, height), width, height);
}

Image mirrored(const Image& image) {
  Image out(image.width, image.height, image.channels);
  for (int64_t y = 0; y < image.height; ++y) {
    const uint8_t* from = image.row(y) + image.width * image.channels;
    uint8_t* to = out.row(y);
    for (int64_t x = 0; x < image.width; ++x, to += image.channels) {
      from -= image.channels;
      std::copy_n(from, image.channels, to);
    }
  }
  return out;
}

}  // namespace espalier
