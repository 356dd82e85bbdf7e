#include "espalier/io/image_processor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "espalier/base/error.h"
#include "espalier/io/image_transform.h"

namespace espalier {
namespace {

// `transformers`, image_transforms.get_size_with_aspect_ratio
std::pair<int64_t, int64_t> between_edges(int64_t height, int64_t width, int64_t shortest, int64_t longest) {
  const double low = double(std::min(height, width)), high = double(std::max(height, width));
  double edge = double(shortest);
  if (high / low * edge > double(longest)) {
    edge = double(longest) * low / high;
    shortest = int64_t(std::nearbyint(edge));
  }
  if ((height <= width && height == shortest) || (width <= height && width == shortest)) return {height, width};
  if (width < height) return {int64_t(edge * double(height) / double(width)), shortest};
  return {shortest, int64_t(edge * double(width) / double(height))};
}

}  // namespace

int64_t ImageProcessor::height() const { return do_center_crop ? crop_height : do_resize ? size.height : 0; }
int64_t ImageProcessor::width() const { return do_center_crop ? crop_width : do_resize ? size.width : 0; }

std::pair<int64_t, int64_t> ImageProcessor::resized_size(int64_t high, int64_t wide) const {
  if (size.shortest_edge != 0 && size.longest_edge != 0) return between_edges(high, wide, size.shortest_edge, size.longest_edge);
  if (size.shortest_edge != 0) {
    const int64_t longer = int64_t(double(size.shortest_edge * std::max(high, wide)) / double(std::min(high, wide)));
    return wide <= high ? std::pair{longer, size.shortest_edge} : std::pair{size.shortest_edge, longer};
  }
  if (size.max_height != 0) {
    const double scale = std::min(double(size.max_height) / double(high), double(size.max_width) / double(wide));
    return {int64_t(double(high) * scale), int64_t(double(wide) * scale)};
  }
  return {size.height, size.width};
}

Image ImageProcessor::fitted(const Image& image) const {
  if (!do_resize) return do_center_crop ? center_cropped(image, crop_width, crop_height) : image;
  const auto [high, wide] = resized_size(image.height, image.width);
  Image out = resized(image, wide, high, resample);
  return do_center_crop ? center_cropped(out, crop_width, crop_height) : out;
}

std::vector<float> ImageProcessor::pixels(const Image& image) const {
  const int64_t deep = channels(), count = image.width * image.height;
  std::vector<float> out(size_t(count * deep));
  const bool to_one = deep == 1 && image.channels == 3;
  const Image grey = to_one ? to_grey(image) : Image();
  const Image& from = to_one ? grey : image;
  for (int64_t c = 0; c < deep; ++c) {
    // a sample has 256 values, so each is computed once
    std::array<float, 256> value;
    for (size_t sample = 0; sample < 256; ++sample) {
      float x = do_rescale ? float(double(sample) * rescale_factor) : float(sample);
      if (do_normalize) x = (x - float(image_mean[size_t(c)])) / float(image_std[size_t(c)]);
      value[sample] = x;
    }
    const uint8_t* sample = from.pixels.data() + (from.channels == 1 ? 0 : c);
    float* to = out.data() + c * count;
    for (int64_t i = 0; i < count; ++i, sample += from.channels) to[i] = value[*sample];
  }
  return out;
}

}  // namespace espalier
