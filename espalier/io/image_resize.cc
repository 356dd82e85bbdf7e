#include "espalier/io/image_resize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/image_weigh.h"

namespace espalier {
namespace {

double sinc(double x) { return x == 0 ? 1 : std::sin(x * std::numbers::pi) / (x * std::numbers::pi); }

struct Kernel {
  double (*at)(double x);
  double support;
};

Kernel kernel_of(Resample resample) {
  switch (resample) {
    case Resample::lanczos:
      return {[](double x) { return -3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0; }, 3};
    case Resample::bicubic:
      return {[](double x) {
                constexpr double a = -0.5;
                x = std::abs(x);
                if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
                return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
              },
              2};
    case Resample::box:
      return {[](double x) { return -0.5 < x && x <= 0.5 ? 1.0 : 0.0; }, 0.5};
    case Resample::hamming:
      return {[](double x) {
                x = std::abs(x);
                return x < 1 ? sinc(x) * (0.54 + 0.46 * std::cos(x * std::numbers::pi)) : 0;
              },
              1};
    default:
      return {[](double x) { return std::max(0.0, 1 - std::abs(x)); }, 1};
  }
}

/// The samples that each new one is made of, along one side.
struct Taps {
  struct One {
    int64_t first, count;
    size_t weights;  // where they begin
  };
  std::vector<One> of;
  std::vector<int32_t> weights;
};

Taps taps_of(int64_t from, int64_t to, Kernel kernel) {
  const double scale = double(from) / double(to), stretch = std::max(1.0, scale), support = kernel.support * stretch;
  Taps taps;
  std::vector<double> weights;
  for (int64_t i = 0; i < to; ++i) {
    const double center = (double(i) + 0.5) * scale;
    const int64_t first = std::max<int64_t>(0, int64_t(center - support + 0.5));
    const int64_t end = std::min(from, int64_t(center + support + 0.5));
    weights.clear();
    double sum = 0;
    for (int64_t x = first; x < end; ++x) {
      weights.push_back(kernel.at((double(x) - center + 0.5) * (1 / stretch)));
      sum += weights.back();
    }
    taps.of.push_back({first, end - first, taps.weights.size()});
    for (const double weight : weights) {
      const double fixed = (sum == 0 ? weight : weight / sum) * (1 << kWeightBits);
      taps.weights.push_back(int32_t(fixed + (fixed < 0 ? -0.5 : 0.5)));
    }
  }
  return taps;
}

// Rows are taken in groups, turned so that the samples of one column of the group lie together.
Image across(const Image& image, int64_t width, Kernel kernel) {
  const Taps taps = taps_of(image.width, width, kernel);
  const Weigh weigh = weigh_of_processor();
  const int64_t channels = image.channels;
  Image out(width, image.height, channels);
  constexpr int64_t kRows = 16;
  std::vector<uint8_t> turned(size_t(image.width * channels * kRows)), made(size_t(width * channels * kRows));
  const int64_t lanes = channels * kRows;
  for (int64_t top = 0; top < image.height; top += kRows) {
    const int64_t rows = std::min(kRows, image.height - top);
    for (int64_t y = 0; y < rows; ++y) {
      const uint8_t* from = image.row(top + y);
      uint8_t* to = turned.data() + y;
      for (int64_t i = 0; i < image.width * channels; ++i) to[i * kRows] = from[i];
    }
    for (int64_t x = 0; x < width; ++x) {
      const auto [first, count, weights] = taps.of[size_t(x)];
      weigh(turned.data() + first * lanes, lanes, taps.weights.data() + weights, count, lanes, made.data() + x * lanes);
    }
    for (int64_t y = 0; y < rows; ++y) {
      const uint8_t* from = made.data() + y;
      uint8_t* to = out.row(top + y);
      for (int64_t i = 0; i < width * channels; ++i) to[i] = from[i * kRows];
    }
  }
  return out;
}

Image down(const Image& image, int64_t height, Kernel kernel) {
  const Taps taps = taps_of(image.height, height, kernel);
  const Weigh weigh = weigh_of_processor();
  const int64_t lanes = image.width * image.channels;
  Image out(image.width, height, image.channels);
  for (int64_t y = 0; y < height; ++y) {
    const auto [first, count, weights] = taps.of[size_t(y)];
    weigh(image.row(first), lanes, taps.weights.data() + weights, count, lanes, out.row(y));
  }
  return out;
}

// Positions are added up, as Pillow's ImagingScaleAffine does.
std::vector<int64_t> nearest_of(int64_t from, int64_t to) {
  const double step = double(from) / double(to);
  std::vector<int64_t> of;
  double at = step * 0.5;
  for (int64_t i = 0; i < to; ++i, at += step) of.push_back(std::min(from - 1, int64_t(at)));
  return of;
}

Image nearest(const Image& image, int64_t width, int64_t height) {
  const std::vector<int64_t> columns = nearest_of(image.width, width), rows = nearest_of(image.height, height);
  Image out(width, height, image.channels);
  uint8_t* to = out.pixels.data();
  for (const int64_t y : rows) {
    for (const int64_t x : columns) to = std::copy_n(image.row(y) + x * image.channels, image.channels, to);
  }
  return out;
}

}  // namespace

const std::vector<std::string>& resample_names() {
  static const std::vector<std::string> names{"nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"};
  return names;
}

std::optional<Resample> resample_of(std::string_view name) {
  const auto& names = resample_names();
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? std::nullopt : std::optional(Resample(found - names.begin()));
}

Image resized(const Image& image, int64_t width, int64_t height, Resample resample) {
  if (width < 1 || height < 1 || width > kMaxPixels / height || width > kMaxPixels / std::max<int64_t>(1, image.height) ||
      height > kMaxPixels / std::max<int64_t>(1, image.width)) {
    throw data_error("a picture of {} by {} pixels would become one of {} by {}", image.width, image.height, with_commas(width),
                     with_commas(height));
  }
  if (width == image.width && height == image.height) return image;
  if (resample == Resample::nearest) return nearest(image, width, height);
  const Kernel kernel = kernel_of(resample);
  if (width == image.width) return down(image, height, kernel);
  if (height == image.height) return across(image, width, kernel);
  // Pillow 13 begins with what shrinks more: rows count double. Between the passes are 8 bits, so the order can be seen.
  const bool down_first = height < image.height && image.height - height > 2 * (image.width - width);
  return down_first ? across(down(image, height, kernel), width, kernel) : down(across(image, width, kernel), height, kernel);
}

}  // namespace espalier
