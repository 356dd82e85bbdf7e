// Cutting, mirroring and framing pictures. Nothing is interpolated.
#pragma once

#include "espalier/io/image.h"

namespace espalier {

/// The part of `width` by `height` pixels whose upper left corner is (left, top); what lies outside is zero.
Image cropped(const Image& image, int64_t left, int64_t top, int64_t width, int64_t height);
/// The middle, as `transformers` cuts it: on a smaller picture with a frame of zeros.
Image center_cropped(const Image& image, int64_t width, int64_t height);
/// Left becomes right.
Image mirrored(const Image& image);

}  // namespace espalier
