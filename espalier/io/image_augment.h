// Random changes of training pictures. Each is a function of seed, epoch and number of the example alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/base/seed.h"
#include "espalier/io/image_resize.h"

namespace espalier {

/// By default nothing is changed.
struct AugmentOptions {
  std::string crop = "none";
  int64_t padding = 4;
  std::vector<double> scale{0.08, 1}, ratio{3.0 / 4, 4.0 / 3};
  double flip = 0;
  double brightness = 0, contrast = 0, saturation = 0, hue = 0;
  int64_t rand_augment = 0;
  int64_t magnitude = 9;
  void fields(Fields& f);
};

/// The size and filter of crop = "resized": those of the model's processor.
struct AugmentTarget {
  int64_t width = 224, height = 224;
  Resample resample = Resample::bilinear;
};

class Augmenter {
 public:
  /// A usage Error when `scale` or `ratio` are no ranges.
  Augmenter(const AugmentOptions& options, const AugmentTarget& target, uint64_t seed);
  /// Crop, flip, RandAugment, colours, in this order.
  Image operator()(const Image& image, int64_t epoch, int64_t example) const;

 private:
  Image crop(const Image& image, RandomStream& random) const;
  Image jitter(Image image, RandomStream& random) const;
  AugmentOptions options_;
  AugmentTarget target_;
  uint64_t key_;
};

/// A part of random area and shape: its corner and size.
struct CropBox {
  int64_t left, top, width, height;
};
/// torchvision's RandomResizedCrop.get_params: an area of scale[0] to scale[1] of the picture, sides in a proportion of ratio[0]
/// to ratio[1], tried ten times, else the middle.
CropBox random_crop_box(int64_t width, int64_t height, const std::vector<double>& scale, const std::vector<double>& ratio,
                        RandomStream& random);

/// RandAugment (Cubuk et al. 2020): `operations` of fourteen, drawn one after the other, with magnitude 0 to 30 as in
/// torchvision.
Image rand_augmented(Image image, int64_t operations, int64_t magnitude, RandomStream& random);
/// Their names, "identity" to "equalize".
const std::vector<std::string>& rand_augment_names();
/// One of them; `negative` turns its magnitude round where it has a sign.
Image rand_augment_step(const Image& image, size_t operation, int64_t magnitude, bool negative);

}  // namespace espalier
