#include "espalier/io/image_augment.h"

#include <functional>
#include <set>

#include "espalier/io/image_color.h"
#include "espalier/io/image_transform.h"
#include "tests/io/picture_oracle.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_equal;
using support::expect_error;
using support::kPictures;
using support::PictureOracle;

TEST(Color, ChangesHavePillowsBits) {
  const std::map<std::string, std::function<Image(const Image&, double)>> changes{
      {"brightness", brightened},
      {"contrast", contrasted},
      {"saturation", saturated},
      {"sharpness", sharpened},
      {"hue", hue_shifted},
      {"posterize", [](const Image& image, double bits) { return posterized(image, int(bits)); }},
      {"solarize", [](const Image& image, double threshold) { return solarized(image, int(threshold)); }},
      {"autocontrast", [](const Image& image, double) { return autocontrasted(image); }},
      {"equalize", [](const Image& image, double) { return equalized(image); }}};
  const PictureOracle oracle;
  const Image image = read_image(kPictures / "rgb.png");
  const auto names = oracle.names("changed.");
  EXPECT_EQ(names.size(), 28U);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const std::string rest = name.substr(name.find('.') + 1);
    const size_t end = std::min(rest.find('.'), rest.size());
    const double by = end < rest.size() ? std::stod(rest.substr(end + 1)) : 0;
    expect_equal(changes.at(rest.substr(0, end))(image, by), oracle.image(name));
  }
}

TEST(Color, GreyPicturesToo) {
  expect_equal(equalized(read_image(kPictures / "large.png")), PictureOracle().image("large.equalize"));
  const Image grey = read_image(kPictures / "grey.png");
  EXPECT_EQ(saturated(grey, 0.3), grey);
  EXPECT_EQ(hue_shifted(grey, 0.3), grey);
  expect_equal(to_rgb(contrasted(grey, 0.5)), contrasted(to_rgb(grey), 0.5));
  expect_equal(to_rgb(sharpened(grey, 1.5)), sharpened(to_rgb(grey), 1.5));
}

Image numbered(int64_t width, int64_t height) {
  Image image(width, height, 1);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = uint8_t(i + 1);
  return image;
}

TEST(RandAugment, MovesByItsEquations) {
  const Image image = numbered(9, 9);
  const auto step = [&](const std::string& name, int64_t magnitude, bool negative) {
    const auto& names = rand_augment_names();
    return rand_augment_step(image, size_t(std::find(names.begin(), names.end(), name) - names.begin()), magnitude, negative);
  };
  EXPECT_EQ(rand_augment_names().size(), 14U);
  EXPECT_EQ(step("identity", 30, true), image);
  // 9 * 150 / 331 = 4.08: four pixels
  EXPECT_EQ(step("translate_x", 30, false), cropped(image, -4, 0, 9, 9));
  EXPECT_EQ(step("translate_y", 30, true), cropped(image, 0, 4, 9, 9));
  // 100 * 150 / 331 / 2 = 22.7
  EXPECT_EQ(rand_augment_step(numbered(100, 1), 3, 15, false), cropped(numbered(100, 1), -22, 0, 100, 1));
  // a shear of 0.3: row y is taken from 0.3 (y + 0.5) further right
  const Image sheared = step("shear_x", 30, false);
  for (int64_t y = 0; y < 9; ++y) {
    const int64_t shift = int64_t(std::floor(0.5 + 0.3 * (double(y) + 0.5)));
    for (int64_t x = 0; x < 9; ++x) EXPECT_EQ(int(sheared.row(y)[x]), x + shift < 9 ? y * 9 + x + shift + 1 : 0) << x << " " << y;
  }
  // three turns of 30 degrees move the middle of a side where it belongs: the pixel above the middle goes to the left
  const Image turned = step("rotate", 30, false);
  EXPECT_EQ(int(turned.row(4)[4]), 41);
  // 30 degrees counterclockwise: (x, y) = (0, -4) above the middle comes from (2, -3.46) of the middle
  EXPECT_EQ(int(turned.row(0)[4]), int(image.row(1)[6]));
  for (const char* name : {"identity", "shear_x", "shear_y", "translate_x", "translate_y", "rotate", "brightness", "saturation",
                           "contrast", "sharpness", "posterize"}) {
    EXPECT_EQ(step(name, 0, true), image) << name << " without strength";
  }
}

TEST(Augment, IsAFunctionOfSeedEpochAndExample) {
  AugmentOptions options;
  options.crop = "random";
  options.flip = 0.5;
  options.brightness = options.contrast = options.saturation = 0.4;
  options.hue = 0.1;
  options.rand_augment = 2;
  const Augmenter one(options, {}, 7), again(options, {}, 7), other(options, {}, 8);
  const Image image = read_image(kPictures / "rgb.png");
  std::set<std::vector<uint8_t>> seen;
  for (int64_t example = 0; example < 20; ++example) {
    EXPECT_EQ(one(image, 3, 19 - example), again(image, 3, 19 - example));
    seen.insert(one(image, 3, example).pixels);
    seen.insert(one(image, 4, example).pixels);
    seen.insert(other(image, 3, example).pixels);
  }
  EXPECT_GT(seen.size(), 55U);
  EXPECT_EQ(Augmenter({}, {}, 7)(image, 0, 0), image);  // by default nothing changes
}

TEST(Augment, RandomCropsReachEveryPlaceOfTheFrame) {
  AugmentOptions options;
  options.crop = "random";
  options.padding = 2;
  const Augmenter augment(options, {}, 1);
  const Image image = numbered(5, 4);
  std::map<std::vector<uint8_t>, int> counts;
  for (int64_t example = 0; example < 2500; ++example) ++counts[augment(image, 0, example).pixels];
  ASSERT_EQ(counts.size(), 25U);
  for (int64_t left = -2; left <= 2; ++left) {
    for (int64_t top = -2; top <= 2; ++top) {
      // 100 expected, standard deviation 9.8
      EXPECT_NEAR(counts[cropped(image, left, top, 5, 4).pixels], 100, 49) << left << " " << top;
    }
  }
}

TEST(Augment, FlipsAsOftenAsAsked) {
  AugmentOptions options;
  options.flip = 0.25;
  const Augmenter augment(options, {}, 1);
  const Image image = numbered(3, 1);
  int flipped = 0;
  for (int64_t example = 0; example < 4000; ++example) flipped += augment(image, 0, example) == mirrored(image);
  EXPECT_NEAR(flipped, 1000, 137);  // five standard deviations
}

TEST(Augment, ResizedCropsKeepToAreaAndShape) {
  const std::vector<double> scale{0.2, 0.8}, ratio{0.5, 2};
  RandomStream random(derive_key(1, "test"));
  double area = 0;
  for (int i = 0; i < 2000; ++i) {
    const CropBox box = random_crop_box(400, 300, scale, ratio, random);
    EXPECT_GE(box.left, 0);
    EXPECT_GE(box.top, 0);
    EXPECT_LE(box.left + box.width, 400);
    EXPECT_LE(box.top + box.height, 300);
    const double share = double(box.width * box.height) / (400 * 300), shape = double(box.width) / double(box.height);
    EXPECT_GT(share, 0.19);
    EXPECT_LT(share, 0.81);
    EXPECT_GT(shape, 0.49);
    EXPECT_LT(shape, 2.03);
    area += share;
  }
  EXPECT_NEAR(area / 2000, 0.45, 0.05);  // below 0.5, since large parts of odd shapes do not fit
  // where none fits, the middle, as near to the shape as it can be
  const CropBox wide = random_crop_box(1000, 10, {1, 1}, {1, 2}, random);
  EXPECT_EQ(wide.width, 20);
  EXPECT_EQ(wide.left, 490);
  EXPECT_EQ(wide.height, 10);
  const CropBox high = random_crop_box(10, 1000, {1, 1}, {0.5, 1}, random);
  EXPECT_EQ(high.height, 20);
  EXPECT_EQ(high.top, 490);

  AugmentOptions options;
  options.crop = "resized";
  const Image out = Augmenter(options, {8, 6, Resample::bicubic}, 1)(read_image(kPictures / "rgb.png"), 0, 0);
  EXPECT_EQ(out.width, 8);
  EXPECT_EQ(out.height, 6);
}

TEST(Augment, OptionsAreChecked) {
  const auto read = [](const char* name, Value value) {
    Value options(Value::Object{});
    options.set(name, std::move(value));
    return read_options<AugmentOptions>(options, "augment");
  };
  EXPECT_EQ(read("flip", 0.5).flip, 0.5);
  expect_error(ErrorKind::usage, [&] { read("flip", 1.5); }, {"augment.flip = 1.5"});
  expect_error(ErrorKind::usage, [&] { read("hue", 0.6); }, {"augment.hue"});
  expect_error(ErrorKind::usage, [&] { read("crop", "centre"); }, {"none, random, resized"});
  expect_error(ErrorKind::usage, [&] { read("magnitud", 3); }, {"magnitude"});
  AugmentOptions options;
  options.scale = {0.5, 0.1};
  expect_error(ErrorKind::usage, [&] { Augmenter(options, {}, 1); }, {"augment.scale = [0.5, 0.1]"});
}

}  // namespace
}  // namespace espalier
