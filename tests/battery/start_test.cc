// Attaching: it succeeds or says why not, leaves the output alone where that is promised, counts what it counts, draws by seed.
#include <algorithm>
#include <set>

#include "tests/battery/cases.h"
#include "tests/support/files.h"

namespace espalier::battery {
namespace {

/// One of each kind that the family has.
std::vector<HeadOptions> heads(const std::string& family) {
  std::vector<HeadOptions> heads = {{},
                                    support::classes(3),
                                    {.kind = HeadKind::tokens, .labels = {"a", "b"}},
                                    {.kind = HeadKind::masked_lm},
                                    {.kind = HeadKind::causal_lm},
                                    {.kind = HeadKind::seq2seq},
                                    {.kind = HeadKind::embed, .pooling = Pooling::mean}};
  const auto model = make_model(tiny_config(family), "tiny");
  std::erase_if(heads, [&](const HeadOptions& head) {
    try {
      make_head(*model, head);
      return false;
    } catch (const Error&) {
      return true;
    }
  });
  return heads;
}

TEST_P(Battery, AttachesUnderEveryHeadOrSaysWhyNot) {
  const std::vector<HeadOptions> all = heads(GetParam().family);
  EXPECT_GE(all.size(), 3u);
  for (const HeadOptions& head : all) {
    const auto model = base_model(GetParam(), head);
    const Tensor before = outputs(*model);
    const Leaves leaves = copied(model->base_parameters());
    try {
      Modifier& modifier = model->attach(make_modifier(GetParam()), 1);
      EXPECT_EQ(model->modifier(modifier.name()), &modifier);
      EXPECT_EQ(modifier.kind(), GetParam().method);
    } catch (const Error& refused) {
      EXPECT_EQ(int(refused.kind()), int(ErrorKind::unsupported)) << refused.what();
      EXPECT_TRUE(model->modifiers().empty());
      EXPECT_TRUE(outputs(*model).equal(before));
    }
    expect_unchanged(leaves, "attached");
  }
}

TEST_P(Battery, StartsAsTheBaseWhereItSaysSo) {
  const auto model = base_model(GetParam());
  const Tensor before = outputs(*model);
  const Modifier& modifier = model->attach(make_modifier(GetParam()), 1);
  EXPECT_EQ(equal_outputs(outputs(*model), before), modifier.starts_as_base());
}

TEST_P(Battery, ExpectedSizeIsTheCount) {
  const auto model = base_model(GetParam());
  Modifier& modifier = model->attach(make_modifier(GetParam()), 1);
  int64_t count = 0;
  for (const Parameter* p : modifier.trained(*model)) count += p->leaf().numel();
  EXPECT_EQ(modifier.expected_size(*model), count);
  // A plan counts from the configuration alone.
  const auto empty = make_model(tiny_config(GetParam().family), "tiny");
  EXPECT_EQ(make_modifier(GetParam())->expected_size(*empty), count);
}

TEST_P(Battery, SameSeedSameBits) {
  const auto first = base_model(GetParam()), second = base_model(GetParam()), third = base_model(GetParam());
  Modifier& a = first->attach(make_modifier(GetParam()), 11);
  Modifier& b = second->attach(make_modifier(GetParam()), 11);
  Modifier& c = third->attach(make_modifier(GetParam()), 12);
  const auto of_a = a.trained(*first), of_b = b.trained(*second);
  ASSERT_EQ(of_a.size(), of_b.size());
  for (size_t i = 0; i < of_a.size(); ++i) {
    EXPECT_EQ(of_a[i]->path(), of_b[i]->path());
    EXPECT_TRUE(of_a[i]->leaf().equal(of_b[i]->leaf())) << of_a[i]->path();
  }
  EXPECT_TRUE(outputs(*first).equal(outputs(*second)));
  // Only what a method adds is drawn, and some begin at constants everywhere.
  const std::set<std::string> constant = {"ia3", "intrinsic", "diff_pruning"};
  const auto drawn = a.parameters(), others = c.parameters();
  const bool differs = !std::ranges::equal(drawn, others, [](auto* x, auto* y) { return x->leaf().equal(y->leaf()); });
  const bool zero = constant.contains(GetParam().method) || (GetParam().method == "dsee" && GetParam().variant == "alone");
  EXPECT_EQ(differs, !drawn.empty() && !zero);
}

TEST_P(Battery, ANameIsTakenOnce) {
  const auto model = base_model(GetParam());
  const std::string name = model->attach(make_modifier(GetParam()), 1).name();
  support::expect_error(ErrorKind::usage, [&] { model->attach(make_modifier(GetParam()), 1); }, {"'" + name + "'", "name"});
  EXPECT_EQ(model->modifiers().size(), 1u);
  model->attach(make_modifier(GetParam(), "another"), 1);
  EXPECT_EQ(model->modifiers().size(), 2u);
}

TEST(BatteryTable, EveryFamilyHasATinyConfiguration) {
  for (const Case& c : all_cases()) EXPECT_NO_THROW(tiny_config(c.family)) << c.family;
  EXPECT_THROW(tiny_config("unheard_of"), Error);
}

}  // namespace
}  // namespace espalier::battery
