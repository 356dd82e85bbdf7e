// Bottleneck adapters against their papers' equations in plain ATen; what does not fit is refused.
#include "espalier/peft/adapter.h"

#include <gtest/gtest.h>

#include "espalier/peft/catalogue.h"
#include "tests/support/files.h"
#include "tests/support/plain_bert.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

using support::apart;
using support::logits_of;

// Double: the same sums of some dozen terms near 1 in another order, through two layers.
constexpr double kRounding = 1e-10;

struct World {
  std::unique_ptr<Model> model = support::tiny_bert(support::classes(3));
  Batch batch = support::random_batch({5, 5, 3, 1});
  support::PlainBert plain{*model, 2, 3};
  Adapter* adapter = nullptr;

  explicit World(AdapterOptions options) {
    if (options.width == 0) options.width = 4;
    adapter = &dynamic_cast<Adapter&>(model->attach(std::make_unique<Adapter>(options), 1));
    support::scramble(*adapter);
  }
  /// up(φ(down(x)))
  Tensor f(const std::string& branch, const Tensor& x, Tensor (*phi)(const Tensor&)) const {
    return plain.affine(phi(plain.affine(x, "adapter/" + branch + ".down")), "adapter/" + branch + ".up");
  }
};

Tensor swish(const Tensor& x) { return x * at::sigmoid(x); }
Tensor relu(const Tensor& x) { return x.clamp_min(0); }
Tensor gelu_new(const Tensor& x) { return 0.5 * x * (1 + at::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

TEST(Adapter, HoulsbyStandsBehindBothBranches) {
  World w({});
  w.plain.joined = [&](const std::string& branch, const Tensor& y, const Tensor& x) {
    return w.plain.norm(y + w.f(branch, y, swish) + x, branch + ".join.norm");
  };
  EXPECT_LT(apart(logits_of(*w.model, w.batch), w.plain.logits(w.batch)), kRounding);
}

TEST(Adapter, PfeifferStandsBetweenTwoRunsOfTheNorm) {
  World w({.form = "pfeiffer"});
  w.plain.joined = [&](const std::string& branch, const Tensor& y, const Tensor& x) {
    const std::string norm = branch + ".join.norm";
    const Tensor z = w.plain.norm(y + x, norm);
    return branch.ends_with("ffn") ? w.plain.norm(w.f(branch, z, relu) + y + x, norm) : z;
  };
  EXPECT_LT(apart(logits_of(*w.model, w.batch), w.plain.logits(w.batch)), kRounding);
}

TEST(Adapter, PfeifferPlainAndOfAttentionRunTheNormOnce) {
  for (const bool attention : {false, true}) {
    World w({.form = attention ? "pfeiffer_attention" : "pfeiffer_plain"});
    w.plain.joined = [&](const std::string& branch, const Tensor& y, const Tensor& x) {
      const bool here = branch.ends_with(attention ? "attention" : "ffn");
      const Tensor sum = here ? y + w.f(branch, y, attention ? gelu_new : relu) : y;
      return w.plain.norm(sum + x, branch + ".join.norm");
    };
    EXPECT_LT(apart(logits_of(*w.model, w.batch), w.plain.logits(w.batch)), kRounding) << attention;
  }
}

TEST(Adapter, ParallelReadsWhatTheBranchReads) {
  for (const double s : {1.0, 4.0}) {
    World w({.form = s == 1 ? "parallel" : "scaled_parallel"});
    w.plain.joined = [&](const std::string& branch, const Tensor& y, const Tensor& x) {
      const Tensor sum = branch.ends_with("ffn") ? y + s * w.f(branch, x, relu) : y;
      return w.plain.norm(sum + x, branch + ".join.norm");
    };
    EXPECT_LT(apart(logits_of(*w.model, w.batch), w.plain.logits(w.batch)), kRounding) << s;
  }
}

TEST(Adapter, NormsScaleAndResidualAreTheirs) {
  World w({.learn_scale = true, .residual = "none", .norm_before = true, .norm_after = "update"});
  w.plain.joined = [&](const std::string& branch, const Tensor& y, const Tensor& x) {
    const std::string own = "adapter/" + branch;
    const Tensor f = w.plain.leaf(own + ".scale") * w.f(branch, w.plain.norm(y, own + ".norm_before"), swish);
    return w.plain.norm(w.plain.norm(f, own + ".norm_after") + x, branch + ".join.norm");
  };
  EXPECT_LT(apart(logits_of(*w.model, w.batch), w.plain.logits(w.batch)), kRounding);

  World sum({.form = "pfeiffer", .residual = "norm", .norm_after = "sum"});
  sum.plain.joined = [&](const std::string& branch, const Tensor& y, const Tensor& x) {
    const std::string norm = branch + ".join.norm";
    const Tensor z = sum.plain.norm(y + x, norm);
    if (!branch.ends_with("ffn")) return z;
    return sum.plain.norm(sum.plain.norm(sum.f(branch, z, relu) + z, "adapter/" + branch + ".norm_after") + x, norm);
  };
  EXPECT_LT(apart(logits_of(*sum.model, sum.batch), sum.plain.logits(sum.batch)), kRounding);
}

TEST(Adapter, InitialValuesAreTheirs) {
  const auto start = [](const std::string& init_weights) {
    const auto model = support::tiny_bert(support::classes(3), support::tiny_config(64, 4));
    AdapterOptions options{.init_weights = init_weights, .width = 48};
    auto& adapter = dynamic_cast<Adapter&>(model->attach(std::make_unique<Adapter>(options), 1));
    for (const auto& f : adapter.places()) {
      EXPECT_EQ(f->down_map.bias()->leaf().abs().max().item<double>(), 0);
      EXPECT_EQ(f->up_map.bias()->leaf().abs().max().item<double>(), 0);
    }
    return std::pair(adapter.places()[0]->down_map.weight().leaf().clone(), adapter.places()[0]->up_map.weight().leaf().clone());
  };
  // 3,072 draws: the deviation's own is 1 / √(2 · 3072) = 1.3 %, and 6 % are more than four of them.
  for (const auto& [name, deviation] : {std::pair("bert", 0.02), std::pair("near_zero", 0.01)}) {
    const auto [down, up] = start(name);
    EXPECT_NEAR(down.std().item<double>(), deviation, 0.06 * deviation) << name;
    EXPECT_NEAR(up.std().item<double>(), deviation, 0.06 * deviation) << name;
  }
  const auto [down, up] = start("mam_adapter");
  EXPECT_LE(down.abs().max().item<double>(), 1.0 / 8);  // 1 / √64
  EXPECT_GT(down.abs().max().item<double>(), 0.9 / 8);
  EXPECT_EQ(up.abs().max().item<double>(), 0);
}

TEST(Adapter, CountsThoseOfSparseAdaptersExample) {
  // RoBERTa-base, Houlsby, m = 64: 24 (2 · 768 · 64 + 64 + 768) on a model without weights.
  const auto model = make_model(support::tiny_config(768, 12, 12), "base");
  AdapterOptions options{.width = 64};
  EXPECT_EQ(Adapter(options).expected_size(*model), 2359296 + 19968);
  options.norm_before = true;
  EXPECT_EQ(Adapter(options).expected_size(*model), 2359296 + 19968 + 24 * 1536);
  EXPECT_EQ(Adapter(AdapterOptions{.reduction_factor = 32}).expected_size(*model), 24 * (2 * 768 * 24 + 24 + 768));
}

TEST(Adapter, WhatCannotBeIsRefused) {
  const auto make = [](Value::Object options) {
    options.emplace_back("kind", "adapter");
    return [options] { methods().make(options, "method[0]"); };
  };
  support::expect_error(ErrorKind::usage, make({{"form", "pfeifer"}}), {"method[0].form", "pfeifer", "houlsby"});
  support::expect_error(ErrorKind::usage, make({{"width", -1}}), {"method[0].width", "at least 0"});
  support::expect_error(make({{"nonlinearity", "sine"}}), {"sine", "relu"});
  support::expect_error(ErrorKind::usage, make({{"residual", "norm"}}), {"residual", "join", "after_drop"});
  support::expect_error(ErrorKind::usage, make({{"form", "parallel"}, {"residual", "none"}}), {"residual", "branch"});
  const auto attach = [](AdapterOptions options) {
    return [options] { support::tiny_bert(support::classes(3))->attach(std::make_unique<Adapter>(options), 1); };
  };
  support::expect_error(ErrorKind::usage, attach({.width = 13}), {"'adapter'", "13", "12"});
  support::expect_error(ErrorKind::usage, attach({.sites = "encoder.*.attention.query"}),
                        {"encoder.0.attention.query", "not a branch"});
  support::expect_error(ErrorKind::usage, attach({.sites = "decoder.*.ffn"}), {"decoder", "matches no place"});
}

}  // namespace
}  // namespace espalier
