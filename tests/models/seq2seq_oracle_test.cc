// T5, BART and mBART against transformers in double: every block's rows, outputs, losses, all gradients, on small odd
// configurations; and what they are saved as: the very tensors of transformers' class.
#include <gtest/gtest.h>

#include "tests/support/oracle_model.h"
#include "tests/support/saved_names.h"
#include "tests/support/seq2seq_run.h"

namespace espalier {
namespace {

using support::Tensors;

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const std::string family : {"t5", "bart", "mbart"}) {
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

HeadOptions head_of(const support::OracleCase& c) {
  HeadOptions head = support::oracle_head(c);
  if (head.kind == HeadKind::embed) head.pooling = Pooling::mean;
  return head;
}

class Seq2SeqOracle : public testing::TestWithParam<std::string> {};

TEST_P(Seq2SeqOracle, EqualsTransformers) {
  const support::OracleCase c = support::read_case(GetParam());
  const support::TemporaryFolder folder;
  const auto model = support::oracle_model(c, folder, head_of(c));
  const Tensors ours = support::run_seq2seq(*model, c.tensors, c.about.at("head") == "embed" ? "dot" : "cross_entropy");
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

TEST_P(Seq2SeqOracle, IsSavedUnderTransformersNames) {
  const support::OracleCase c = support::read_case(GetParam());
  EXPECT_TRUE(support::expect_saved_as_stored(c, head_of(c)));
}

INSTANTIATE_TEST_SUITE_P(Cases, Seq2SeqOracle, testing::ValuesIn(cases()), test_name);

}  // namespace
}  // namespace espalier
