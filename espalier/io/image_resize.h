// Resampling with anti-aliasing, bit for bit as Image.resize of Pillow 13 (src/libImaging/Resample.c, 8 bits a sample): two
// passes, across and down, with weights of 22 fractional bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/io/image.h"

namespace espalier {

/// The numbers are Pillow's, which stand in preprocessor_config.json. Bicubic has a = -0.5.
enum class Resample : uint8_t { nearest = 0, lanczos = 1, bilinear = 2, bicubic = 3, box = 4, hamming = 5 };

/// "bicubic"; all names in the order of their numbers.
const std::vector<std::string>& resample_names();
std::optional<Resample> resample_of(std::string_view name);

/// A picture of the same size is given back as it is. A data Error when the result would have more than kMaxPixels.
Image resized(const Image& image, int64_t width, int64_t height, Resample resample);

}  // namespace espalier
