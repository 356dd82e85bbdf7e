// Compacter's maps against the sum of Kronecker products, its bottlenecks against the paper's equation, its counts against the
// paper's table on t5-base.
#include "espalier/peft/compacter.h"

#include <gtest/gtest.h>

#include "espalier/nn/init.h"
#include "espalier/peft/adapter.h"
#include "espalier/peft/prompt.h"
#include "tests/support/files.h"
#include "tests/support/plain_bert.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

using support::apart;
using support::logits_of;

void scramble_all(Module& module) {
  for (Parameter* p : module.parameters()) init::normal(*p, 0.4, 5, at::kDouble);
}

/// Σ Aᵢ ⊗ Bᵢ by at::kron.
Tensor kron_sum(const Tensor& a, const Tensor& b) {
  Tensor sum = at::kron(a[0], b[0]);
  for (int64_t i = 1; i < a.size(0); ++i) sum = sum + at::kron(a[i], b[i]);
  return sum;
}

TEST(Phm, IsTheSumOfKroneckerProductsBothWays) {
  struct Sizes {
    int64_t in, out, n, r;
  };
  for (const auto& [in, out, n, r] : {Sizes{64, 8, 2, 1}, Sizes{48, 24, 4, 3}, Sizes{96, 12, 12, 1}, Sizes{12, 8, 4, 0}}) {
    Module root("phm");
    PhmLinear map(root, "map", in, out, {n, r}, nullptr);
    scramble_all(root);
    const auto leaf = [&](const std::string& name) {
      for (Parameter* p : root.parameters()) {
        if (p->path() == "phm.map." + name) return p->leaf();
      }
      throw bug_error("no parameter {}", name);
    };
    const Tensor b = r > 0 ? at::bmm(leaf("left"), leaf("right")) : leaf("whole");
    const Tensor w = kron_sum(leaf("rule"), b);
    Pass pass;
    EXPECT_LT(apart(map.matrix(pass), w), 1e-13);
    // One row goes by the factors, two thousand through the matrix.
    for (const int64_t rows : {1, 2000}) {
      const Tensor x = at::linspace(-1, 1, rows * in, at::kDouble).view({rows, in});
      const Tensor y = at::matmul(x, w) + leaf("bias");
      EXPECT_LT(apart(map(x, pass), y), 1e-12) << rows;
      if (r > 0) {
        EXPECT_LT(apart(map.by_factors(x, pass) + leaf("bias"), y), 1e-12) << rows;
      }
    }
    EXPECT_EQ(phm_size(in, out, {n, r}, true), (r > 0 ? r * (in + out) : in * out / n) + n * n * n + out);
  }
}

TEST(Phm, FollowsTheIndexRule) {
  // With A_1 = e_a e_cᵀ and B_1 = e_p e_qᵀ the matrix has its only one at (a in/n + p, c out/n + q).
  Module root("phm");
  PhmLinear map(root, "map", 12, 8, {4, 0}, nullptr);
  for (Parameter* p : root.parameters()) init::constant(*p, 0, at::kDouble);
  root.parameters()[1]->leaf()[1][3][2] = 1;  // the rule, after the bias
  root.parameters()[2]->leaf()[1][2][1] = 1;
  Pass pass;
  const Tensor w = map.matrix(pass);
  EXPECT_EQ(w.sum().item<double>(), 1);
  EXPECT_EQ(w[3 * 3 + 2][2 * 2 + 1].item<double>(), 1);
}

TEST(Compacter, IsABottleneckOfSuchMaps) {
  for (const std::string form : {"compacter", "compacter++", "phm", "low_rank"}) {
    const auto model = support::tiny_bert(support::classes(3));
    const Batch batch = support::random_batch({5, 5, 3, 1});
    CompacterOptions options{.form = form, .width = form == "phm" ? 12 : 4};
    auto& compacter = dynamic_cast<Compacter&>(model->attach(std::make_unique<Compacter>(options), 1));
    support::scramble(compacter);
    support::PlainBert plain(*model, 2, 3);
    const auto map = [&](const Tensor& x, const std::string& path) {
      const Tensor b =
          form == "phm" ? plain.leaf(path + ".whole") : at::bmm(plain.leaf(path + ".left"), plain.leaf(path + ".right"));
      const Tensor w = form == "low_rank" ? b[0] : kron_sum(plain.leaf(form == "phm" ? path + ".rule" : "compacter/rule"), b);
      return at::matmul(x, w) + plain.leaf(path + ".bias");
    };
    plain.joined = [&](const std::string& branch, const Tensor& y, const Tensor& x) {
      const std::string own = "compacter/" + branch;
      const bool here = form != "compacter++" || branch.ends_with("ffn");
      const Tensor sum = here ? y + map(at::gelu(map(y, own + ".down"), "tanh"), own + ".up") : y;
      return plain.norm(sum + x, branch + ".join.norm");
    };
    EXPECT_LT(apart(logits_of(*model, batch), plain.logits(batch)), 1e-10) << form;  // double, two layers
  }
}

TEST(Compacter, CountsThoseOfThePapersTable) {
  // t5-base: width 768, 62 norms of one vector each; 48 places behind both branches, 24 behind one. d = 24.
  const int64_t norms = 62 * 768;
  EXPECT_EQ(compacter_size(48, 768, 24, {4, 1}, true) + norms, 161728);    // Compacter, n = 4
  EXPECT_EQ(compacter_size(24, 768, 24, {4, 1}, true) + norms, 104704);    // Compacter++, n = 4
  EXPECT_EQ(compacter_size(48, 768, 24, {12, 1}, true) + norms, 163392);   // Compacter, n = 12
  EXPECT_EQ(compacter_size(24, 768, 24, {12, 1}, true) + norms, 106368);   // Compacter++, n = 12
  EXPECT_EQ(compacter_size(48, 768, 24, {12, 0}, false) + norms, 398976);  // PHM-Adapter, n = 12
  EXPECT_EQ(compacter_size(48, 768, 24, {1, 1}, false) + norms, 161664);   // Adapter-LowRank
  // Adapter, Pfeiffer-Adapter and AdapterDrop, whose formula is that of 24 places on a BERT of the same width.
  const auto model = make_model(support::tiny_config(768, 12, 12), "base");
  const int64_t places = Adapter(AdapterOptions{.width = 24}).expected_size(*model);
  EXPECT_EQ(2 * places + norms, 1855104);
  EXPECT_EQ(places + norms, 951360);
  EXPECT_EQ(28 * (places / 24) + norms, 1101984);
  EXPECT_EQ(Prompt(PromptOptions{.length = 100}).expected_size(*model), 76800);
}

TEST(Compacter, CountsThoseOfBertBase) {
  const auto model = make_model(support::tiny_config(768, 12, 12), "base");
  CompacterOptions options;
  EXPECT_EQ(Compacter(options).expected_size(*model), 57088 + 25 * 2 * 768);
  options.train_norms = false;
  EXPECT_EQ(Compacter(options).expected_size(*model), 57088);
}

TEST(Compacter, OneRuleGathersTheGradientOfAllItsUses) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({4, 2});
  auto& compacter = dynamic_cast<Compacter&>(model->attach(std::make_unique<Compacter>(CompacterOptions{}), 1));
  support::scramble(compacter);
  int64_t rules = 0;
  for (const Parameter* p : compacter.parameters()) rules += p->path().ends_with("rule") ? 1 : 0;
  EXPECT_EQ(rules, 1);
  compacter.rule()->train(true);
  Pass pass;
  torch::autograd::backward({(*model)(batch, pass).sum()}, {});
  // The slope along the gradient itself, by central differences, off by h² of a third derivative near 1.
  const Tensor gradient = compacter.rule()->leaf().grad().clone(), start = compacter.rule()->leaf().detach().clone();
  const Tensor direction = gradient / gradient.norm();
  const auto along = [&](double h) {
    compacter.rule()->set(start + h * direction);
    return logits_of(*model, batch).sum().item<double>();
  };
  const double slope = gradient.norm().item<double>();
  EXPECT_NEAR((along(1e-5) - along(-1e-5)) / 2e-5, slope, 1e-6 * (1 + slope));
}

TEST(Compacter, ANearlyZeroRuleIsNearlyTheBase) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({5, 3});
  const Tensor before = logits_of(*model, batch);
  auto& compacter = dynamic_cast<Compacter&>(model->attach(std::make_unique<Compacter>(CompacterOptions{}), 1));
  EXPECT_LT(apart(logits_of(*model, batch), before), 1e-4);
  init::constant(*compacter.rule(), 0, at::kDouble);
  EXPECT_TRUE(logits_of(*model, batch).equal(before));
}

TEST(Compacter, WhatDoesNotDivideIsRefused) {
  const auto model = support::tiny_bert(support::classes(3));
  const auto attach = [&](CompacterOptions options) {
    return [&model, options] { model->attach(std::make_unique<Compacter>(options), 1); };
  };
  support::expect_error(ErrorKind::usage, attach({.divisions = 5}), {"'compacter'", "5 divisions", "12"});
  support::expect_error(ErrorKind::usage, attach({.width = 6}), {"4 divisions", "width 6"});
  support::expect_error(ErrorKind::usage, attach({.form = "low_rank", .divisions = 4}), {"low_rank", "expected 1"});
  support::expect_error(ErrorKind::usage, attach({.placement = "behind"}), {"placement 'behind'"});
}

}  // namespace
}  // namespace espalier
