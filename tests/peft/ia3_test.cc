// (IA)³ and DoRA against their equations in plain ATen.
#include "espalier/peft/ia3.h"

#include <gtest/gtest.h>

#include "espalier/peft/lora.h"
#include "tests/support/files.h"
#include "tests/support/plain_bert.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

using support::apart;
using support::logits_of;

constexpr double kRounding = 1e-10;  // double, sums of some dozen terms near 1 through two layers

TEST(Ia3, ScalesKeysValuesAndInnerActivations) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({5, 5, 3, 1});
  auto& ia3 = dynamic_cast<Ia3&>(model->attach(std::make_unique<Ia3>(Ia3Options{}), 1));
  EXPECT_EQ(ia3.scales().size(), 6u);
  support::scramble(ia3);
  support::PlainBert plain(*model, 2, 3);
  plain.linear = [&](const Tensor& x, const std::string& path) {
    if (path.ends_with(".key") || path.ends_with(".value")) return plain.leaf("ia3/" + path + ".scale") * plain.affine(x, path);
    if (path.ends_with(".ffn.down")) return plain.affine(x * plain.leaf("ia3/" + path + ".scale"), path);
    return plain.affine(x, path);
  };
  EXPECT_LT(apart(logits_of(*model, batch), plain.logits(batch)), kRounding);
  EXPECT_EQ(ia3.expected_size(*model), 2 * (12 + 12 + 25));
}

TEST(Ia3, IsNotMergedAroundAnUpdateThatItScales) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({4, 2});
  Modifier& lora = model->attach(std::make_unique<Lora>(LoraOptions{}), 1);
  Modifier& ia3 = model->attach(std::make_unique<Ia3>(Ia3Options{}), 1);
  support::scramble(lora);
  support::scramble(ia3);
  const Tensor forward = logits_of(*model, batch);
  support::expect_error(ErrorKind::unsupported, [&] { ia3.merge(*model); }, {"'ia3' cannot be merged", "'lora'"});
  ASSERT_TRUE(lora.merge(*model));  // from the innermost outwards
  ASSERT_TRUE(ia3.merge(*model));
  EXPECT_LT(apart(logits_of(*model, batch), forward), kRounding);
  ia3.unmerge(*model);
  lora.unmerge(*model);
  EXPECT_TRUE(logits_of(*model, batch).equal(forward));
}

TEST(Dora, GivesEachRowItsLength) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({5, 5, 3, 1});
  const Tensor before = logits_of(*model, batch);
  auto& lora = dynamic_cast<Lora&>(model->attach(std::make_unique<Lora>(LoraOptions{.dora = true}), 1));
  EXPECT_TRUE(logits_of(*model, batch).equal(before));
  support::scramble(lora, 0.2);
  support::PlainBert plain(*model, 2, 3);
  // W' = m / ‖V‖ ⊙ V with V = W + s B A, s = 16 / 8.
  plain.linear = [&](const Tensor& x, const std::string& path) {
    if (!path.starts_with("encoder.")) return plain.affine(x, path);
    const Tensor v = plain.leaf(path + ".weight") +
                     2 * at::matmul(plain.leaf("lora/" + path + ".up.weight"), plain.leaf("lora/" + path + ".down.weight"));
    const Tensor w = v * (plain.leaf("lora/" + path + ".magnitude") / v.square().sum(1).sqrt()).unsqueeze(1);
    return at::matmul(x, w.t()) + plain.leaf(path + ".bias");
  };
  const Tensor forward = logits_of(*model, batch);
  EXPECT_LT(apart(forward, plain.logits(batch)), kRounding);
  ASSERT_TRUE(lora.merge(*model));
  EXPECT_LT(apart(logits_of(*model, batch), forward), kRounding);
}

TEST(Dora, TheNormHasNoGradientUnlessAsked) {
  // dL/dB of one place. The authors': through B alone; in full: through the norm too.
  const auto gradient = [](bool full) {
    const auto model = support::tiny_bert(support::classes(3));
    LoraOptions options{.sites = "pooler", .dora = true, .dora_full_gradient = full};
    auto& lora = dynamic_cast<Lora&>(model->attach(std::make_unique<Lora>(options), 1));
    support::scramble(lora, 0.2);
    const LoraPair& pair = *lora.pairs()[0];
    Parameter& up = model->parameter_at("lora/pooler.up.weight");
    up.train(true);
    Pass pass;
    const Tensor x = at::linspace(-1, 1, 36, at::kDouble).view({3, 12});
    const Tensor out = pair.base(x, pass);
    torch::autograd::backward({out.sum()}, {});
    // The same by hand.
    const Tensor b = up.leaf().detach().clone().requires_grad_(true);
    const Tensor a = pair.down.weight().leaf().detach(), m = pair.magnitude->leaf().detach();
    const Tensor v = pair.base.weight().leaf().detach() + 2 * at::matmul(b, a);
    Tensor length = v.square().sum(1).sqrt();
    if (!full) length = length.detach();
    torch::autograd::backward({(at::matmul(x, v.t()) * (m / length)).sum()}, {});
    EXPECT_LT(apart(up.leaf().grad(), b.grad()), 1e-12) << full;
    return up.leaf().grad().clone();
  };
  EXPECT_GT(apart(gradient(false), gradient(true)), 1e-6);
}

}  // namespace
}  // namespace espalier
