// Runs whose adapter/ is a folder of peft's: opened as a run, and as an adapter on the model; the positions that added rows take.
#include "espalier/recipe/session.h"
#include "tests/recipe/tiny_run.h"

namespace espalier::test {
namespace {

const TinyWorld& world() {
  static const TinyWorld* const kWorld = new TinyWorld;
  return *kWorld;
}

std::vector<double> scores(Session& session) {
  std::vector<double> scores;
  predict_rows(session, (world().folder / "dev.tsv").string(), {.text = {"words"}},
               [&](const Answer& answer) { scores.push_back(answer.score); });
  return scores;
}

/// Options of the method behind its kind, inside the quotes of tiny_run.h.
class PeftRun : public ::testing::TestWithParam<const char*> {};

TEST_P(PeftRun, IsReadAsARunAndAsAnAdapter) {
  const TemporaryFolder out;
  MemoryLog log;
  run_training(world().plan(GetParam(), "steps = 6\nprecision = \"fp32\""), out / "run", {}, log);
  EXPECT_TRUE(fs::exists(out / "run" / "adapter" / "adapter_config.json"));
  EXPECT_FALSE(fs::exists(out / "run" / "adapter" / "trained.safetensors"));
  Session run = open_run(out / "run", {}, log);
  Session model = open_model((world().folder / "model").string(), out / "run" / "adapter", {}, log);
  const std::vector<double> wanted = scores(run);
  ASSERT_EQ(wanted.size(), 64U);
  EXPECT_EQ(scores(model), wanted);
}

INSTANTIATE_TEST_SUITE_P(Types, PeftRun,
                         ::testing::Values("lora\", dora = true, name = \"mine", "ia3", "layer_norm",
                                           "prompt\", length = 4, reading = \"peft", "prefix\", length = 3, reading = \"peft",
                                           "prefix\", length = 3, bottleneck = 0, reading = \"peft"));

TEST(AddedRows, TakeTheirPositionsFromTheText) {
  EXPECT_EQ(world().plan("prompt").recipe.data.max_length, 24);
  EXPECT_EQ(world().plan("prompt\", reading = \"peft").recipe.data.max_length, 4);
  EXPECT_EQ(world().plan("prefix\", length = 10, reading = \"peft").recipe.data.max_length, 14);
  expect_error(ErrorKind::usage, [] { world().plan("prefix\", reading = \"peft"); }, {"length = 30", "the model has 24"});
}

TEST(Merging, WhatIsNoChangeOfAWeightIsRefused) {
  const TemporaryFolder out;
  MemoryLog log;
  run_training(world().plan("compacter", "steps = 2\nprecision = \"fp32\""), out / "run", {}, log);
  Session run = open_run(out / "run", {}, log);
  expect_error(ErrorKind::unsupported, [&] { merge_run(run, out / "merged", log); },
               {"'compacter'", "no change of a weight", "the run folder as it is"});
  EXPECT_FALSE(fs::exists(out / "merged"));
}

}  // namespace
}  // namespace espalier::test
