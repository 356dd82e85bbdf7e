// espalier generate, as it is typed, with the GPT-2 that counts.
#include <gtest/gtest.h>

#include "tests/cli/counter.h"
#include "tests/cli/world.h"

namespace espalier::test {
namespace {

TEST(Generate, GoesOnWithIdsUntilTheEnd) {
  const support::TemporaryFolder folder;
  write_counter(folder / "counter");
  const std::string model = (folder / "counter").string();
  EXPECT_EQ(run({"generate", model, "--ids", "5,6", "--max-new", "4"}).out, "5,6,7,8,9,10\n");
  EXPECT_EQ(run({"generate", model, "--ids", "16", "--ids", "4", "--max-new", "5"}).out, "16,17,18,19\n4,5,6,7,8,9\n");
  EXPECT_EQ(run({"generate", model, "--ids", "5", "--max-new", "3", "--beams", "2"}).out, "5,6,7,8\n");
  const Outcome json = run({"generate", model, "--ids", "5", "--max-new", "2", "--json"});
  EXPECT_EQ(json.out, R"({"prompt":"5","text":",6,7","ids":[6,7]})"
                      "\n");
}

TEST(Generate, WritesWords) {
  const support::TemporaryFolder folder;
  write_counter(folder / "counter");
  const std::string model = (folder / "counter").string();
  // The prompt ends in [SEP]; [MASK] stands behind it and is left out of the text.
  const Outcome typed = run({"generate", model, "blue", "--max-new", "4"});
  EXPECT_EQ(typed.code, 0) << typed.err;
  EXPECT_EQ(typed.out, "blue red rose fire\n");
  EXPECT_EQ(run({"generate", model, "--max-new", "3"}, "sea\nice\n").out, "sea red rose\nice red rose\n");
}

TEST(Generate, SaysWhatItCannotDo) {
  const support::TemporaryFolder folder;
  write_counter(folder / "counter");
  write_tiny_model(folder / "bert");
  const std::string model = (folder / "counter").string();
  const Outcome far = run({"generate", model, "--ids", "5,99,x"});
  EXPECT_EQ(far.code, 2);
  expect_says(far.err, {"'5,99,x' is no list of ids"});
  const Outcome outside = run({"generate", model, "--ids", "5,99", "--beams", "2", "--sample"});
  EXPECT_EQ(outside.code, 2);
  expect_says(outside.err, {"vocabulary of 21", "beams"});
  const Outcome encoder = run({"generate", (folder / "bert").string(), "red"});
  EXPECT_EQ(encoder.code, 1);
  expect_says(encoder.err, {"a bert predicts pieces that are masked", "masked_lm"});
}

}  // namespace
}  // namespace espalier::test
