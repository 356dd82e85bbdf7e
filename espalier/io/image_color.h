// Changes of colour, each with the bits of Pillow's ImageEnhance and ImageOps (hue: torchvision's way over Pillow's HSV).
#pragma once

#include "espalier/io/image.h"

namespace espalier {

/// 0 gives black, 1 the picture, more than 1 a brighter one.
Image brightened(const Image& image, double factor);
/// 0 gives the mean grey, 1 the picture.
Image contrasted(const Image& image, double factor);
/// 0 gives grey, 1 the picture.
Image saturated(const Image& image, double factor);
/// 0 gives a smoothed picture (3x3), 1 the picture.
Image sharpened(const Image& image, double factor);
/// `shift` in turns of the circle of hues, -0.5 to 0.5; grey pictures stay.
Image hue_shifted(const Image& image, double shift);
/// The upper bits of each sample, 0 to 8 of them.
Image posterized(const Image& image, int bits);
/// Samples of `threshold` and more are inverted.
Image solarized(const Image& image, int threshold);
/// Each channel stretched from 0 to 255.
Image autocontrasted(const Image& image);
/// Each channel's histogram made flat.
Image equalized(const Image& image);

}  // namespace espalier
