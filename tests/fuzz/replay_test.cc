// Every committed input through its target, without libFuzzer: seeds in tests/fuzz/corpus, found cases in tests/fuzz/found.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "espalier/base/error.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {

void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

std::vector<fs::path> inputs_of(const std::string& target) {
  std::vector<fs::path> inputs;
  for (const char* kind : {"corpus", "found"}) {
    const fs::path folder = fs::path(ESPALIER_TESTS_DIR) / "fuzz" / kind / target;
    if (!fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) inputs.push_back(entry.path());
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

class Replay : public ::testing::TestWithParam<Target> {};

TEST_P(Replay, EveryInputIsAnswered) {
  const std::vector<fs::path> inputs = inputs_of(GetParam().name);
  EXPECT_GE(inputs.size(), 2U) << "tests/fuzz/corpus/" << GetParam().name << " holds a valid and a broken input at least";
  for (const fs::path& input : inputs) {
    SCOPED_TRACE(input.filename());
    EXPECT_NO_THROW(feed(GetParam(), read_file(input)));
  }
}

// A seed whose name begins with "valid" must reach the end of its reader.
TEST_P(Replay, ValidSeedsAreAccepted) {
  size_t valid = 0;
  for (const fs::path& input : inputs_of(GetParam().name)) {
    if (!input.filename().string().starts_with("valid")) continue;
    SCOPED_TRACE(input.filename());
    ++valid;
    EXPECT_NO_THROW(GetParam().read(read_file(input)));
  }
  EXPECT_GE(valid, 1U);
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Replay, ::testing::ValuesIn(targets()), [](const auto& one) { return one.param.name; });

TEST(FuzzTargets, EveryFolderOfInputsHasATarget) {
  std::set<std::string> names;
  for (const Target& target : targets()) names.insert(target.name);
  for (const char* kind : {"corpus", "found"}) {
    const fs::path folder = fs::path(ESPALIER_TESTS_DIR) / "fuzz" / kind;
    if (!fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) EXPECT_TRUE(names.contains(entry.path().filename())) << entry.path();
  }
  EXPECT_GE(names.size(), 14U);
}

}  // namespace
}  // namespace espalier::fuzz
