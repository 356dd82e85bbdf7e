#include "espalier/io/image_augment.h"

#include <algorithm>
#include <cmath>

#include "espalier/base/error.h"
#include "espalier/io/image_color.h"
#include "espalier/io/image_transform.h"

namespace espalier {
namespace {

double between(const std::vector<double>& range, RandomStream& random) {
  return range[0] + (range[1] - range[0]) * random.uniform();
}

// As ColorJitter's: 1 - strength to 1 + strength, and not below 0.
double factor(double strength, RandomStream& random) { return between({std::max(0.0, 1 - strength), 1 + strength}, random); }

}  // namespace

void AugmentOptions::fields(Fields& f) {
  f("crop", crop)
      .one_of({"none", "random", "resized"})
      .help("random: a part of the picture's own size from within a frame of zeros; resized: a part of random area and shape");
  f("padding", padding).at_least(0).at_most(4096).help("pixels of that frame on each side, for crop = \"random\"");
  f("scale", scale).above(0).at_most(1).help("least and most share of the area, for crop = \"resized\"");
  f("ratio", ratio).above(0).help("least and most width / height, for crop = \"resized\"");
  f("flip", flip).between(0, 1).help("probability that left becomes right");
  f("brightness", brightness).at_least(0).help("factors are drawn from 1 - it to 1 + it");
  f("contrast", contrast).at_least(0).help("factors are drawn from 1 - it to 1 + it");
  f("saturation", saturation).at_least(0).help("factors are drawn from 1 - it to 1 + it");
  f("hue", hue).between(0, 0.5).help("shifts are drawn from -it to it, in turns");
  f("rand_augment", rand_augment).at_least(0).at_most(14).help("operations of RandAugment a picture");
  f("magnitude", magnitude).between(0, 30).help("their strength");
}

Augmenter::Augmenter(const AugmentOptions& options, const AugmentTarget& target, uint64_t seed)
    : options_(options), target_(target), key_(derive_key(seed, "augment")) {
  const auto check = [](const char* name, const std::vector<double>& range) {
    if (range.size() != 2 || !(range[0] > 0) || !(range[0] <= range[1])) {
      throw usage_error("augment.{} = [{}]; expected its least and its most", name, fmt::join(range, ", "));
    }
  };
  check("scale", options_.scale);
  check("ratio", options_.ratio);
}

Image Augmenter::operator()(const Image& image, int64_t epoch, int64_t example) const {
  RandomStream random(derive_key(derive_key(key_, uint64_t(epoch)), uint64_t(example)));
  Image out = crop(image, random);
  if (random.uniform() < options_.flip) out = mirrored(out);
  out = rand_augmented(std::move(out), options_.rand_augment, options_.magnitude, random);
  return jitter(std::move(out), random);
}

Image Augmenter::crop(const Image& image, RandomStream& random) const {
  if (options_.crop == "random") {
    const uint64_t places = uint64_t(2 * options_.padding + 1);
    const int64_t left = int64_t(random.below(places)) - options_.padding, top = int64_t(random.below(places)) - options_.padding;
    return cropped(image, left, top, image.width, image.height);
  }
  if (options_.crop == "resized") {
    const CropBox box = random_crop_box(image.width, image.height, options_.scale, options_.ratio, random);
    return resized(cropped(image, box.left, box.top, box.width, box.height), target_.width, target_.height, target_.resample);
  }
  return image;
}

Image Augmenter::jitter(Image image, RandomStream& random) const {
  const double strengths[4] = {options_.brightness, options_.contrast, options_.saturation, options_.hue};
  if (std::all_of(strengths, strengths + 4, [](double strength) { return strength == 0; })) return image;
  int order[4] = {0, 1, 2, 3};
  for (size_t i = 4; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  for (const int which : order) {
    const double strength = strengths[which];
    if (strength == 0) continue;
    if (which == 0) image = brightened(image, factor(strength, random));
    if (which == 1) image = contrasted(image, factor(strength, random));
    if (which == 2) image = saturated(image, factor(strength, random));
    if (which == 3) image = hue_shifted(image, between({-strength, strength}, random));
  }
  return image;
}

CropBox random_crop_box(int64_t width, int64_t height, const std::vector<double>& scale, const std::vector<double>& ratio,
                        RandomStream& random) {
  const auto rounded = [](double side) { return std::max<int64_t>(1, std::llround(side)); };
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = double(width * height) * between(scale, random);
    const double shape = std::exp(between({std::log(ratio[0]), std::log(ratio[1])}, random));
    const int64_t wide = rounded(std::sqrt(area * shape)), high = rounded(std::sqrt(area / shape));
    if (wide > width || high > height) continue;
    const int64_t top = int64_t(random.below(uint64_t(height - high + 1))),
                  left = int64_t(random.below(uint64_t(width - wide + 1)));
    return {left, top, wide, high};
  }
  const double shape = double(width) / double(height);
  const int64_t wide = shape > ratio[1] ? std::min(width, rounded(double(height) * ratio[1])) : width;
  const int64_t high = shape < ratio[0] ? std::min(height, rounded(double(width) / ratio[0])) : height;
  return {(width - wide) / 2, (height - high) / 2, wide, high};
}

}  // namespace espalier
