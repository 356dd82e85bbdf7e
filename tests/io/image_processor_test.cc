#include "espalier/io/image_processor.h"

#include <nlohmann/json.hpp>

#include "tests/io/picture_oracle.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using nlohmann::json;
using support::expect_error;
using support::kPictures;
using support::PictureOracle;
using support::TemporaryFolder;

TEST(ImageProcessor, GivesTheNumbersOfTransformers) {
  const PictureOracle oracle;
  const Image image = read_image(kPictures / "rgb.png");
  const auto names = oracle.names("processed.");
  EXPECT_EQ(names.size(), 6U);
  for (const std::string& name : names) {
    const ImageProcessor processor = read_image_processor(kPictures / (name.substr(name.find('.') + 1) + ".json"));
    EXPECT_EQ(processor(image), oracle.numbers(name)) << name;
  }
}

TEST(ImageProcessor, DefaultsAreThoseOfTheKind) {
  const ImageProcessor vit = image_processor_of({{"image_processor_type", "ViTImageProcessorFast"}}, "a");
  EXPECT_EQ(vit.kind, "ViTImageProcessor");
  EXPECT_EQ(vit.resample, Resample::bilinear);
  EXPECT_EQ(vit.height(), 224);
  const ImageProcessor deit = image_processor_of({{"feature_extractor_type", "DeiTFeatureExtractor"}}, "a");
  EXPECT_EQ(deit.size.height, 256);
  EXPECT_EQ(deit.width(), 224);
  const ImageProcessor clip = image_processor_of({{"size", 30}, {"crop_size", 20}}, "a", "CLIPImageProcessor");
  EXPECT_EQ(clip.size, ImageSize{.shortest_edge = 30});
  EXPECT_EQ(clip.crop_height, 20);
  EXPECT_EQ(image_processor_of({{"size", 30}}, "a", "ViTImageProcessor").width(), 30);
  EXPECT_EQ(image_processor_of({{"size", {20, 30}}, {"do_center_crop", nullptr}}, "a", "ViT").width(), 30);
}

TEST(ImageProcessor, IsFoundInAFolder) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::data, [&] { read_image_processor(folder.path()); }, {"neither preprocessor_config.json"});
  folder.write("processor_config.json", R"({"image_processor": {"image_processor_type": "ViTImageProcessor", "size": 5}})");
  EXPECT_EQ(read_image_processor(folder.path()).height(), 5);
  folder.write("preprocessor_config.json", R"({"image_processor_type": "ViTImageProcessor", "size": 7})");
  EXPECT_EQ(read_image_processor(folder.path()).height(), 7);
}

TEST(ImageProcessor, GreyAndColoursBecomeWhatTheModelReads) {
  json config{{"image_processor_type", "ViTImageProcessor"}, {"size", 4}, {"image_mean", {0.5}}, {"image_std", {0.5}}};
  const ImageProcessor one = image_processor_of(config, "a");
  const Image colours = read_image(kPictures / "rgb.png");
  EXPECT_EQ(one(colours).size(), 16U);
  EXPECT_EQ(one.pixels(colours), one.pixels(to_grey(colours)));
  config["image_mean"] = 0.5;
  config["image_std"] = 0.5;
  const ImageProcessor three = image_processor_of(config, "a");
  EXPECT_EQ(three(to_grey(colours)), three(to_rgb(to_grey(colours))));
  EXPECT_EQ(three(colours).size(), 48U);
}

TEST(ImageProcessor, AllThatIsWrongIsSaidAtOnce) {
  const json config{{"image_processor_type", "CLIPImageProcessor"},
                    {"do_resize", 1},
                    {"size", {{"shortest_edge", 0}}},
                    {"crop_size", {{"height", 5}}},
                    {"resample", 6},
                    {"image_mean", {0.5, 0.5}},
                    {"image_std", {1, 0, 1}},
                    {"rescale_factor", "1/255"},
                    {"do_pad", true},
                    {"do_flip_channel_order", false},
                    {"data_format", "channels_last"},
                    {"resampel", 3}};
  expect_error(ErrorKind::data, [&] { image_processor_of(config, "preprocessor_config.json"); },
               {"preprocessor_config.json", "\"do_resize\" is integer 1; expected true or false",
                "\"size.shortest_edge\" is integer 0; expected an integer from 1 to 16384", "\"crop_size\"",
                "\"resample\" is integer 6", "\"image_mean\"", "no zero", "\"rescale_factor\" is text",
                "\"do_pad\" is true, which is not known", "\"data_format\"", "\"resampel\"", "did you mean 'resample'"});
}

TEST(ImageProcessor, OtherKindsAreNamed) {
  expect_error(ErrorKind::unsupported,
               [] {
                 image_processor_of({{"image_processor_type", "Qwen2VLImageProcessor"}}, "a");
               },
               {"Qwen2VLImageProcessor", "ViTImageProcessor, DeiTImageProcessor, CLIPImageProcessor"});
  expect_error(ErrorKind::data, [] { image_processor_of(json::object(), "a"); }, {"\"image_processor_type\" is missing"});
  expect_error([] { image_processor_of(json::array(), "a"); }, {"a"});
  expect_error(ErrorKind::data,
               [] {
                 image_processor_of({{"do_center_crop", true}}, "a", "ViT");
               },
               {"crop_size", "do_center_crop is true"});
}

}  // namespace
}  // namespace espalier
