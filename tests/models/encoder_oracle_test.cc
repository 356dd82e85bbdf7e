// BERT against transformers in double: hidden rows, outputs, losses, all gradients, on small odd configurations.
#include <gtest/gtest.h>

#include "tests/support/oracle_model.h"

namespace espalier {
namespace {

using support::Tensors;

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(ESPALIER_TESTS_DIR) / "oracle" / "bert")) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

const std::map<std::string, std::string> kLosses = {{"sequence", "cross_entropy"}, {"tokens", "cross_entropy"},
                                                    {"mlm", "cross_entropy"},      {"regression", "mse"},
                                                    {"multi_label", "bce"},        {"embed", "dot"}};

class BertOracle : public testing::TestWithParam<std::string> {};

TEST_P(BertOracle, EqualsTransformers) {
  const support::OracleCase c = support::read_case("bert/" + GetParam());
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
  EXPECT_GT(compared, 15);
}

INSTANTIATE_TEST_SUITE_P(Cases, BertOracle, testing::ValuesIn(cases()), [](const auto& name) { return name.param; });

}  // namespace
}  // namespace espalier
