// Encoders and decoders against transformers in double: hidden rows, outputs, losses, all gradients, on small odd
// configurations; and what they are saved as: the very tensors of transformers' class.
#include <gtest/gtest.h>

#include "tests/support/oracle_model.h"
#include "tests/support/saved_names.h"

namespace espalier {
namespace {

using support::Tensors;

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const std::string family : {"bert", "roberta", "distilbert", "electra", "albert", "gpt2", "llama", "vit", "deit"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(ESPALIER_TESTS_DIR) / "oracle" / family)) {
      if (entry.path().extension() == ".json") names.push_back(family + "/" + entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

const std::map<std::string, std::string> kLosses = {{"sequence", "cross_entropy"},  {"tokens", "cross_entropy"},
                                                    {"mlm", "cross_entropy"},       {"regression", "mse"},
                                                    {"multi_label", "bce"},         {"embed", "dot"},
                                                    {"causal_lm", "cross_entropy"}, {"teacher", "cross_entropy"}};

class EncoderOracle : public testing::TestWithParam<std::string> {};

TEST_P(EncoderOracle, EqualsTransformers) {
  const support::OracleCase c = support::read_case(GetParam());
  const support::TemporaryFolder folder;
  const auto model = support::oracle_model(c, folder, support::oracle_head(c));
  const Tensors ours = support::run_bert(*model, c.tensors, kLosses.at(c.about.at("head")));
  int compared = 0;
  for (const auto& [name, expected] : c.tensors) {
    const bool gradient = name.starts_with("grad.");
    if (!gradient && !name.starts_with("hidden.") && name != "logits" && name != "embedding" && name != "loss") continue;
    ASSERT_TRUE(ours.contains(name)) << name;
    ASSERT_EQ(ours.at(name).sizes(), expected.sizes()) << name;
    // Double against double through a few layers: sums of at most some hundred terms near 1 in another order.
    EXPECT_LT(support::distance(ours.at(name), expected), gradient ? 1e-9 : 1e-10) << name;
    ++compared;
  }
  EXPECT_GE(compared, 15);
}

TEST_P(EncoderOracle, IsSavedUnderTransformersNames) {
  const support::OracleCase c = support::read_case(GetParam());
  if (!support::expect_saved_as_stored(c, support::oracle_head(c))) GTEST_SKIP() << "no class of transformers pools so";
}

INSTANTIATE_TEST_SUITE_P(Cases, EncoderOracle, testing::ValuesIn(cases()), test_name);

}  // namespace
}  // namespace espalier
