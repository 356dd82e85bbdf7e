#include "espalier/io/image_resize.h"

#include <random>

#include "espalier/io/image_transform.h"
#include "espalier/io/image_weigh.h"
#include "tests/io/picture_oracle.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_equal;
using support::expect_error;
using support::kPictures;
using support::PictureOracle;

TEST(Resize, EveryFilterHasPillowsBits) {
  const PictureOracle oracle;
  for (const bool grey : {false, true}) {
    const std::string prefix = grey ? "resized_grey." : "resized.";
    const Image image = read_image(kPictures / (grey ? "grey.png" : "rgb.png"));
    const auto names = oracle.names(prefix);
    EXPECT_EQ(names.size(), grey ? 6U : 24U);
    for (const std::string& name : names) {
      SCOPED_TRACE(name);
      const size_t end = name.find('.', prefix.size());
      const Image expected = oracle.image(name);
      const auto filter = resample_of(name.substr(prefix.size(), end - prefix.size()));
      ASSERT_TRUE(filter.has_value());
      expect_equal(resized(image, expected.width, expected.height, *filter), expected);
    }
  }
  EXPECT_FALSE(resample_of("cubic").has_value());
}

// Rows and columns are the same to a filter: a turned picture is the turned result, where only one side changes.
TEST(Resize, AcrossIsDownTurned) {
  const Image image = read_image(kPictures / "grey.png");
  const auto turned = [](const Image& from) {
    Image out(from.height, from.width, 1);
    for (int64_t y = 0; y < from.height; ++y) {
      for (int64_t x = 0; x < from.width; ++x) out.row(x)[y] = from.row(y)[x];
    }
    return out;
  };
  for (const int64_t width : {1, 2, 5, 12, 40}) {
    EXPECT_EQ(turned(resized(image, width, image.height, Resample::lanczos)),
              resized(turned(image), image.height, width, Resample::lanczos));
  }
}

TEST(Resize, VectorsHaveTheBitsOfThePlainLoop) {
  std::minstd_rand draw(1);
  std::vector<uint8_t> from(300 * 40);
  for (uint8_t& sample : from) sample = draw() % 3 == 0 ? 255 : uint8_t(draw());
  for (const int64_t lanes : {1, 15, 16, 17, 48, 300}) {
    for (const int64_t taps : {1, 2, 3, 40}) {
      std::vector<int32_t> weights(size_t(taps), 0);
      // sums of magnitudes up to 1.9, so that some results are clipped at either end
      for (int32_t& weight : weights)
        weight = int32_t(double(int64_t(draw() % 2001) - 1000) / 1000 * 1.9 / double(taps) * (1 << 22));
      std::vector<uint8_t> plain(size_t(lanes), 1), vectors(size_t(lanes), 2);
      weigh_plainly(from.data(), 300, weights.data(), taps, lanes, plain.data());
      weigh_of_processor()(from.data(), 300, weights.data(), taps, lanes, vectors.data());
      EXPECT_EQ(plain, vectors) << lanes << " lanes, " << taps << " taps";
    }
  }
}

TEST(Resize, SizesThatCannotBe) {
  const Image image(3, 2, 1);
  expect_error([&] { resized(image, 0, 5, Resample::bilinear); }, {"3 by 2", "0 by 5"});
  expect_error([&] { resized(image, 1 << 20, 1 << 20, Resample::nearest); }, {"1,048,576"});
  EXPECT_EQ(resized(image, 3, 2, Resample::lanczos), image);
}

TEST(Transform, PartsAndMirrors) {
  Image image(3, 2, 1);
  image.pixels = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(cropped(image, 1, 0, 2, 2).pixels, (std::vector<uint8_t>{2, 3, 5, 6}));
  EXPECT_EQ(cropped(image, -1, 1, 3, 2).pixels, (std::vector<uint8_t>{0, 4, 5, 0, 0, 0}));
  EXPECT_EQ(cropped(image, 7, 7, 1, 1).pixels, (std::vector<uint8_t>{0}));
  EXPECT_EQ(center_cropped(image, 1, 1).pixels, (std::vector<uint8_t>{2}));
  EXPECT_EQ(center_cropped(image, 4, 2).pixels, (std::vector<uint8_t>{0, 1, 2, 3, 0, 4, 5, 6}));
  EXPECT_EQ(mirrored(image).pixels, (std::vector<uint8_t>{3, 2, 1, 6, 5, 4}));
}

}  // namespace
}  // namespace espalier
