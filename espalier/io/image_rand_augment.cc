// RandAugment's fourteen operations. Magnitude m of 30 stands for: shears up to 0.3, shifts up to 150/331 of a side, turns up to
// 30 degrees, factors 1 ± 0.9, 8 to 4 bits, thresholds 255 to 0.
#include <cmath>
#include <numbers>

#include "espalier/io/image_augment.h"
#include "espalier/io/image_color.h"

namespace espalier {
namespace {

/// Where the middle of pixel (x, y) is taken from: (a x + b y + c, d x + e y + f); the nearest pixel, zero outside.
Image moved(const Image& image, double a, double b, double c, double d, double e, double f) {
  Image out(image.width, image.height, image.channels);
  for (int64_t y = 0; y < image.height; ++y) {
    for (int64_t x = 0; x < image.width; ++x) {
      const double middle_x = double(x) + 0.5, middle_y = double(y) + 0.5;
      const double from_x = std::floor(a * middle_x + b * middle_y + c), from_y = std::floor(d * middle_x + e * middle_y + f);
      if (!(from_x >= 0 && from_y >= 0 && from_x < double(image.width) && from_y < double(image.height))) continue;
      const uint8_t* from = image.row(int64_t(from_y)) + int64_t(from_x) * image.channels;
      uint8_t* to = out.row(y) + x * image.channels;
      for (int64_t k = 0; k < image.channels; ++k) to[k] = from[k];
    }
  }
  return out;
}

// Counterclockwise, about the middle.
Image turned(const Image& image, double degrees) {
  const double angle = degrees * std::numbers::pi / 180, cosine = std::cos(angle), sine = std::sin(angle);
  const double x = double(image.width) / 2, y = double(image.height) / 2;
  return moved(image, cosine, -sine, x - cosine * x + sine * y, sine, cosine, y - sine * x - cosine * y);
}

}  // namespace

const std::vector<std::string>& rand_augment_names() {
  static const std::vector<std::string> names{"identity",  "shear_x",    "shear_y",      "translate_x", "translate_y",
                                              "rotate",    "brightness", "saturation",   "contrast",    "sharpness",
                                              "posterize", "solarize",   "autocontrast", "equalize"};
  return names;
}

Image rand_augment_step(const Image& image, size_t operation, int64_t magnitude, bool negative) {
  const double share = double(magnitude) / 30, sign = negative ? -1 : 1;
  const double shear = sign * 0.3 * share, factor = 1 + sign * 0.9 * share;
  switch (operation) {
    case 1:
      return moved(image, 1, shear, 0, 0, 1, 0);
    case 2:
      return moved(image, 1, 0, 0, shear, 1, 0);
    // whole pixels, towards zero
    case 3:
      return moved(image, 1, 0, -std::trunc(sign * share * 150.0 / 331.0 * double(image.width)), 0, 1, 0);
    case 4:
      return moved(image, 1, 0, 0, 0, 1, -std::trunc(sign * share * 150.0 / 331.0 * double(image.height)));
    case 5:
      return turned(image, sign * 30 * share);
    case 6:
      return brightened(image, factor);
    case 7:
      return saturated(image, factor);
    case 8:
      return contrasted(image, factor);
    case 9:
      return sharpened(image, factor);
    case 10:
      return posterized(image, 8 - int(std::nearbyint(4 * share)));
    case 11:
      return solarized(image, int(std::nearbyint(255 - 255 * share)));
    case 12:
      return autocontrasted(image);
    case 13:
      return equalized(image);
    default:
      return image;
  }
}

Image rand_augmented(Image image, int64_t operations, int64_t magnitude, RandomStream& random) {
  for (int64_t i = 0; i < operations; ++i) {
    const size_t operation = random.below(rand_augment_names().size());
    const bool negative = random.below(2) == 1;
    image = rand_augment_step(image, operation, magnitude, negative);
  }
  return image;
}

}  // namespace espalier
