// Encoders of pictures: rows and frames, sizes that the model was not made for, their heads, and settings that are refused.
#include <gtest/gtest.h>

#include "espalier/models/heads.h"
#include "espalier/models/save.h"
#include "tests/support/files.h"
#include "tests/support/tiny_families.h"

namespace espalier {
namespace {

using support::classes;
using support::tiny_family;
using support::tiny_model;

Batch pictures(int64_t count, int64_t height, int64_t width) {
  Batch batch;
  batch.pixels = support::random_pictures(count, 16).narrow(2, 0, height).narrow(3, 0, width);
  for (int64_t i = 0; i < count; ++i) batch.examples.push_back(i);
  return batch;
}

Tensor output(Model& model, const Batch& batch) {
  at::NoGradGuard no_gradient;
  Pass pass;
  return model(batch, pass);
}

TEST(Pictures, EachHasARowForEveryPatchAndToken) {
  for (const auto& [family, tokens] : {std::pair("vit", 1), std::pair("deit", 2)}) {
    const auto model = tiny_model({}, tiny_family(family));
    EXPECT_EQ(output(*model, pictures(3, 8, 8)).sizes(), (std::vector<int64_t>{3 * (4 + tokens), 12})) << family;
    EXPECT_EQ(output(*model, pictures(2, 12, 11)).sizes(), (std::vector<int64_t>{2 * (6 + tokens), 12})) << family;
  }
}

TEST(Pictures, APictureDoesNotSeeItsNeighbours) {
  const auto model = tiny_model(classes(3), tiny_family("vit"));
  const Batch batch = pictures(3, 8, 8);
  Batch last = batch;
  last.pixels = batch.pixels.narrow(0, 2, 1);
  EXPECT_LT((output(*model, batch)[2] - output(*model, last)[0]).abs().max().item<double>(), 1e-12);
}

TEST(Pictures, WhatNoPatchHoldsIsNotSeen) {
  const auto model = tiny_model(classes(3), tiny_family("vit"));
  EXPECT_TRUE(output(*model, pictures(2, 11, 9)).equal(output(*model, pictures(2, 8, 8))));
}

TEST(Pictures, OtherChannelsAndTinyPicturesAreRefused) {
  const auto model = tiny_model(classes(3), tiny_family("vit"));
  Batch grey = pictures(2, 8, 8), tiny = pictures(2, 3, 8);
  grey.pixels = grey.pixels.narrow(1, 0, 1);
  for (const Batch& bad : {grey, tiny}) {
    support::expect_error(ErrorKind::data, [&] { output(*model, bad); },
                          {"pictures of shape", "expected [pictures, 3, height, width] of at least 4 x 4"});
  }
}

TEST(Pictures, HeadsOfTextAreRefused) {
  const auto model = tiny_model({}, tiny_family("vit"));
  for (const HeadKind kind : {HeadKind::tokens, HeadKind::masked_lm, HeadKind::causal_lm, HeadKind::similarity}) {
    support::expect_error(ErrorKind::unsupported, [&] { make_head(*model, {.kind = kind}); },
                          {"a vit reads pictures", head_name(kind)});
  }
}

TEST(Deit, ItsTeachersHeadIsTheMeanOfBoth) {
  HeadOptions options = classes(3);
  options.teacher = true;
  const auto model = tiny_model(options, tiny_family("deit"));
  auto& head = dynamic_cast<TeacherHead&>(*model->head());
  const Batch batch = pictures(2, 8, 8);
  const Tensor both = output(*model, batch);
  Tensor of_class, of_teacher;
  const auto keep = [](Tensor& kept) { return [&kept](const Tensor& x, Next next, Pass&) { return kept = next(x); }; };
  const Hook first = head.out.site.wrap(WrapOrder::tap, "test", keep(of_class));
  const Hook second = head.distil.site.wrap(WrapOrder::tap, "test", keep(of_teacher));
  output(*model, batch);
  EXPECT_TRUE(((of_class + of_teacher) / 2).equal(both));
  EXPECT_FALSE(of_class.equal(of_teacher));
  support::expect_error(ErrorKind::unsupported, [&] { make_head(*make_model(tiny_family("vit"), "tiny"), options); },
                        {"no distillation token"});
}

TEST(Deit, ATeachersHeadComesBackFromItsFolder) {
  HeadOptions options = classes(3);
  options.teacher = true;
  const auto model = tiny_model(options, tiny_family("deit"));
  const support::TemporaryFolder folder;
  MemoryLog log;
  EXPECT_EQ(save_model(*model, folder.path(), fs::path(), log).architecture, "DeiTForImageClassificationWithTeacher");
  const auto again = load_model(folder.path(), {.dtype = at::kDouble}, log);
  EXPECT_TRUE(again->head()->options().teacher);
  const Batch batch = pictures(2, 8, 8);
  EXPECT_TRUE(output(*again, batch).equal(output(*model, batch)));
}

TEST(Vit, SettingsThatCannotBeBuiltAreRefused) {
  const auto refused = [](const std::string& key, const nlohmann::json& value, std::initializer_list<std::string_view> says) {
    SCOPED_TRACE(key);
    nlohmann::json config = tiny_family("vit");
    config[key] = value;
    support::expect_error(
        ErrorKind::data, [&] { make_model(config, "config.json"); }, says);
  };
  refused("patch_size", 9, {"\"patch_size\" 9 x 9 is larger than \"image_size\" 8 x 8"});
  refused("image_size", {8}, {"\"image_size\" is a list", "expected one number or two"});
  refused("image_size", 1 << 20, {"\"image_size\" is 1048576 x 1048576; expected at most 65536"});
  refused("num_channels", 0, {"\"num_channels\" is 0; expected at least 1"});
  refused("num_attention_heads", 5, {"\"hidden_size\" 12 is not a multiple of \"num_attention_heads\" 5"});
  refused("pooler_output_size", 5, {"\"pooler_output_size\" is 5"});
}

}  // namespace
}  // namespace espalier
