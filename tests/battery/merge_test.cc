// Merging: the merged leaves give the forward's output, also under a mask on the method's weights; unmerging gives back the bits.
#include <set>

#include "espalier/pruning/mask.h"
#include "tests/battery/cases.h"
#include "tests/support/files.h"

namespace espalier::battery {
namespace {

// Double: W x + B A x against (W + B A) x through a few layers, sums of some dozen terms near 1.
constexpr double kRounding = 1e-10;

double distance(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

/// They train the base's own numbers, so that there is nothing beside the base that could be written into it; or what they add is
/// no linear map of what a weight reads.
const std::set<std::string> kNothingToMerge = {"full",    "bitfit",    "layer_norm", "linear_probe",
                                               "adapter", "compacter", "prompt",     "prefix"};

TEST_P(Battery, MergedEqualsTheForward) {
  const auto model = base_model(GetParam());
  Modifier& modifier = model->attach(make_modifier(GetParam()), 1);
  shake(*model, modifier);
  const Leaves leaves = copied(model->base_parameters());
  const Tensor forward = outputs(*model);
  const bool merges = modifier.merge(*model);
  EXPECT_EQ(merges, !kNothingToMerge.contains(GetParam().method));
  EXPECT_EQ(modifier.merged(), merges);
  EXPECT_LT(distance(outputs(*model), forward), kRounding);
  if (!merges) return expect_unchanged(leaves, "by a merge that does nothing");
  for (Parameter* p : modifier.parameters()) p->set(at::full_like(p->leaf(), 1e3));
  EXPECT_LT(distance(outputs(*model), forward), kRounding) << "the update still runs beside the merged weight";
}

TEST_P(Battery, UnmergedIsBitForBitAsBefore) {
  const auto model = base_model(GetParam());
  Modifier& modifier = model->attach(make_modifier(GetParam()), 1);
  shake(*model, modifier);
  const Leaves leaves = copied(model->all_parameters());
  const Tensor forward = outputs(*model);
  modifier.merge(*model);
  modifier.unmerge(*model);
  EXPECT_FALSE(modifier.merged());
  expect_unchanged(leaves, "merged and unmerged");
  EXPECT_TRUE(outputs(*model).equal(forward));
}

TEST_P(Battery, DetachingAMergedOneRestoresTheBase) {
  const auto model = base_model(GetParam());
  const Tensor before = outputs(*model);
  const Leaves leaves = copied(model->base_parameters());
  Modifier& modifier = model->attach(make_modifier(GetParam()), 1);
  shake(*model, modifier);
  modifier.merge(*model);
  model->detach(modifier.name());
  expect_unchanged(leaves, "merged and removed");
  EXPECT_TRUE(outputs(*model).equal(before));
}

/// The matrices that the method trains, its own or the base's it chose; all its own where it has no matrix.
std::string weights_of(Model& model, Modifier& modifier) {
  std::string pattern;
  for (Parameter* p : modifier.trained(model)) {
    if (p->shape().size() == 2 || modifier.parameters().empty()) pattern += (pattern.empty() ? "" : ", ") + p->path();
  }
  if (!pattern.empty()) return pattern;
  for (const Parameter* p : modifier.parameters()) pattern += (pattern.empty() ? "" : ", ") + p->path();
  return pattern.empty() ? MaskOptions{}.on : pattern;
}

TEST_P(Battery, AMaskOnItsWeightsComposesAndMerges) {
  const auto model = base_model(GetParam());
  const Tensor before = outputs(*model);
  const Leaves base = copied(model->base_parameters());
  Modifier& modifier = model->attach(make_modifier(GetParam()), 1);
  shake(*model, modifier);
  const Tensor without = outputs(*model);
  MaskOptions options;
  options.name = "second";
  options.on = weights_of(*model, modifier);
  options.prune_fraction = 0.75;
  auto& mask = dynamic_cast<Mask&>(model->attach(std::make_unique<Mask>(options), 1));
  const Tensor masked = outputs(*model);
  EXPECT_FALSE(masked.equal(without));

  if (modifier.kind() == "mask") {  // both edit the same leaves: each alone would write what the other still changes
    for (Modifier* m : {&modifier, static_cast<Modifier*>(&mask)}) {
      support::expect_error(ErrorKind::unsupported, [&] { m->merge(*model); }, {"cannot be merged", "is edited by"});
    }
  } else {
    const bool merges = modifier.merge(*model);  // through the mask, while that is an edit
    EXPECT_LT(distance(outputs(*model), masked), kRounding);
    if (merges) modifier.unmerge(*model);
    EXPECT_TRUE(outputs(*model).equal(masked));
    ASSERT_TRUE(mask.merge(*model));  // and after it has been written
    EXPECT_TRUE(outputs(*model).equal(masked));
    modifier.merge(*model);
    EXPECT_LT(distance(outputs(*model), masked), kRounding);
    modifier.unmerge(*model);
    mask.unmerge(*model);
    EXPECT_TRUE(outputs(*model).equal(masked));
  }
  model->detach("second");
  EXPECT_TRUE(outputs(*model).equal(without));
  model->detach(modifier.name());
  EXPECT_TRUE(outputs(*model).equal(before));
  expect_unchanged(base, "masked and removed");
}

}  // namespace
}  // namespace espalier::battery
