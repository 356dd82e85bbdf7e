// Each seam proved by a use: edits, wraps on every unit, the three attention hooks, the recorder, packed rows.
#include <gtest/gtest.h>

#include <set>

#include "espalier/models/model.h"
#include "espalier/nn/attention.h"
#include "espalier/nn/op.h"
#include "espalier/nn/recorder.h"
#include "tests/support/files.h"
#include "tests/support/single_example.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

Tensor logits(Model& model, const Batch& batch, Pass pass = {}) {
  at::NoGradGuard no_gradient;
  return model(batch, pass);
}

TEST(Edit, MaskStandsBeforeQuantiserWhateverTheOrderOfAttaching) {
  const auto model = support::tiny_bert(support::classes(3));
  Parameter& weight = model->parameter_at("encoder.0.ffn.up.weight");
  Pass pass;
  const Tensor leaf = weight(pass).clone();
  {
    Hook quantise = weight.edit(EditOrder::quantize, "q", [](const Tensor& w, Pass&) { return w + 1; });
    Hook mask = weight.edit(EditOrder::mask, "m", [](const Tensor& w, Pass&) { return w * 0; });
    EXPECT_TRUE(weight(pass).equal(at::ones_like(leaf)));
    EXPECT_EQ(weight.edit_labels(), (std::vector<std::string>{"m", "q"}));
  }
  EXPECT_TRUE(weight(pass).equal(leaf));
}

TEST(Edit, ReachesTheForward) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({4, 4, 2});
  const Tensor before = logits(*model, batch);
  Parameter& weight = model->parameter_at("head.main.out.weight");
  Hook hook = weight.edit(EditOrder::mask, "m", [](const Tensor& w, Pass&) { return w * 0; });
  const Tensor bias = model->parameter_at("head.main.out.bias").leaf();
  EXPECT_TRUE(logits(*model, batch).equal(bias.expand({3, 3})));
  hook.remove();
  EXPECT_TRUE(logits(*model, batch).equal(before));
}

TEST(Wrap, EveryUnitCanBeDoubledAndRestored) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({5, 3, 3});
  const Tensor before = logits(*model, batch);
  std::set<Unit> seen;
  for (Site* site : model->all_sites()) {
    int calls = 0;
    {
      Hook hook = site->wrap(WrapOrder::gate, "double", [&](const Tensor& x, Next next, Pass&) {
        ++calls;
        return next(x) * 2;
      });
      const Tensor changed = logits(*model, batch);
      EXPECT_GE(calls, 1) << site->path();
      // Doubling the key or query of a place moves every score; a bias-free softmax shift could hide it, so only "changed" is
      // asked.
      EXPECT_FALSE(changed.equal(before)) << site->path();
    }
    EXPECT_TRUE(logits(*model, batch).equal(before)) << site->path();
    seen.insert(site->unit());
  }
  // delta belongs to modifiers; the peft tests wrap it.
  EXPECT_EQ(seen, (std::set<Unit>{Unit::linear, Unit::norm, Unit::embedding, Unit::attention, Unit::branch, Unit::drop,
                                  Unit::join, Unit::block, Unit::stack, Unit::model}));
}

TEST(Wrap, OrderIsFromTheBaseOutwards) {
  const auto model = support::tiny_bert(support::classes(3));
  Site& site = model->site_at("pooler");
  std::string trace;
  auto mark = [&](char c) {
    return [&trace, c](const Tensor& x, Next next, Pass&) {
      trace += c;
      return next(x);
    };
  };
  Hook tap = site.wrap(WrapOrder::tap, "t", mark('t')), delta = site.wrap(WrapOrder::delta, "d", mark('d'));
  Hook second = site.wrap(WrapOrder::delta, "e", mark('e')), gate = site.wrap(WrapOrder::gate, "g", mark('g'));
  logits(*model, support::random_batch({2}));
  EXPECT_EQ(trace, "tged");  // the outermost runs first; among equals the one attached last stands outside
}

TEST(Wrap, MayRunWithoutGradientsOrNotAtAll) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({4, 2});
  Hook skip = model->site_at("encoder.1").wrap(WrapOrder::control, "skip", [](const Tensor& x, Next, Pass&) { return x; });
  Hook end = model->site_at("encoder.0").wrap(WrapOrder::control, "end", [](const Tensor& x, Next next, Pass& pass) {
    pass.stopped = true;
    return next(x);
  });
  Pass pass;
  at::NoGradGuard no_gradient;
  const Tensor stopped = model->encode(batch, pass);
  end.remove();
  Pass again;
  EXPECT_TRUE(model->encode(batch, again).equal(stopped));
}

Attention& attention_of(Model& model, const std::string& path) { return dynamic_cast<Attention&>(model.site_at(path).owner()); }

TEST(AttentionHooks, HeadsMayBecomeLonger) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({4, 4, 3});
  const Tensor before = logits(*model, batch);
  std::vector<int64_t> lengths;
  {
    Hook prefix = attention_of(*model, "encoder.0.attention").on_heads("prefix", [&](Heads& h, Pass&) {
      // A key of -inf score changes nothing: the longer keys are seen, yet the result stays.
      const auto extra = at::zeros({h.key.size(0), h.key.size(1), 1, h.key.size(3)}, h.key.options());
      h.bias =
          at::cat({at::full({1, 1, 1, 1}, -1e300, h.key.options()), at::zeros({1, 1, 1, h.key.size(2)}, h.key.options())}, 3);
      h.key = at::cat({extra, h.key}, 2);
      h.value = at::cat({extra + 7, h.value}, 2);
      lengths.push_back(h.key.size(2));
    });
    // Softmax over one more term of weight zero: the same sums in another order.
    EXPECT_LT((logits(*model, batch) - before).abs().max().item<double>(), 1e-12);
    EXPECT_EQ(lengths, (std::vector<int64_t>{5, 4}));  // one call for each group of equal lengths
  }
  EXPECT_TRUE(logits(*model, batch).equal(before));
}

TEST(AttentionHooks, WeightsAreProbabilitiesAndMayBeReplaced) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({4, 3});
  const Tensor fused = logits(*model, batch);
  Attention& attention = attention_of(*model, "encoder.1.attention");
  {
    Hook look = attention.on_weights("look", [](const Tensor& w, const Group& group, Pass&) {
      EXPECT_EQ(w.sizes(), (std::vector<int64_t>{group.count, 3, group.length, group.length}));
      EXPECT_LT((w.sum(-1) - 1).abs().max().item<double>(), 1e-14);
      return w;
    });
    EXPECT_LT((logits(*model, batch) - fused).abs().max().item<double>(), 1e-12);  // fused and composed: another order of sums
  }
  Hook uniform =
      attention.on_weights("uniform", [](const Tensor& w, const Group& g, Pass&) { return at::ones_like(w) / double(g.length); });
  EXPECT_GT((logits(*model, batch) - fused).abs().max().item<double>(), 1e-6);
}

TEST(AttentionHooks, ContextHeadsMayBeSilenced) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({4, 3});
  Attention& attention = attention_of(*model, "encoder.1.attention");
  Hook silence = attention.on_context("heads", [](const Tensor& c, const Group&, Pass&) { return c * 0; });
  Tensor seen;
  Hook look = model->site_at("encoder.1.attention").wrap(WrapOrder::tap, "look", [&](const Tensor& x, Next next, Pass&) {
    return seen = next(x);
  });
  logits(*model, batch);
  const Tensor bias = model->parameter_at("encoder.1.attention.output.bias").leaf();
  EXPECT_LT((seen - bias).abs().max().item<double>(), 1e-15);
}

class Counter : public Recorder {
 public:
  void forward(const Primitive& p, Pass&) override {
    multiply_adds += p.multiply_adds;
    ++calls[p.kind];
  }
  int64_t multiply_adds = 0;
  std::map<PrimitiveKind, int> calls;
};

TEST(Recorder, MultiplyAddsEqualTheClosedFormula) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({5, 3, 2});
  Counter counter;
  Pass pass;
  pass.recorder = &counter;
  logits(*model, batch, pass);
  const int64_t n = 10, b = 3, d = 12, f = 25, layers = 2, c = 3;
  // The head reads first rows: of the last block only keys and values are made for all.
  const int64_t block = 4 * d * d + 2 * d * f, last = n * 2 * d * d + b * (block - 2 * d * d);
  EXPECT_EQ(counter.multiply_adds, (layers - 1) * n * block + last + b * d * d + b * d * c);
  EXPECT_EQ(counter.calls[PrimitiveKind::linear], 6 * layers + 2);
  EXPECT_EQ(counter.calls[PrimitiveKind::norm], 2 * layers + 1);
  EXPECT_EQ(counter.calls[PrimitiveKind::lookup], 3);
}

class Trail : public Recorder {
 public:
  void enter(const Site& site, const Tensor& x, Pass&) override {
    places.push_back(std::string(2 * depth++, ' ') + site.path());
    rows.push_back(x.size(0));
  }
  void leave(const Site& site, const Tensor& y, Pass&) override {
    --depth;
    if (site.path() == "head.main.out") output = y;
  }
  size_t depth = 0;
  std::vector<std::string> places;
  std::vector<int64_t> rows;
  Tensor output;
};

TEST(Recorder, IsToldWhereSitesBeginAndEndWrapsIncluded) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({5, 3});
  Hook hook = model->site_at("head.main.out").wrap(WrapOrder::gate, "double", [](const Tensor& x, Next next, Pass&) {
    return next(x) * 2;
  });
  Trail trail;
  Pass pass;
  pass.recorder = &trail;
  const Tensor output = logits(*model, batch, pass);
  EXPECT_EQ(trail.depth, 0u);
  EXPECT_TRUE(trail.output.equal(output));  // the doubled one
  const std::vector<std::string> first(trail.places.begin(), trail.places.begin() + 2);
  EXPECT_EQ(first, (std::vector<std::string>{"", "  embed"}));
  const auto rows = [&](const std::string& place) {
    const auto found = std::find(trail.places.begin(), trail.places.end(), place);
    return found == trail.places.end() ? -1 : trail.rows[size_t(found - trail.places.begin())];
  };
  EXPECT_EQ(rows("        encoder.0.attention.query"), 8);
  EXPECT_EQ(rows("        encoder.1.attention.key"), 8);
  EXPECT_EQ(rows("        encoder.1.attention.query"), 2);  // of each example's first row
  EXPECT_EQ(trail.places.back(), "  head.main.out");
}

/// The tiny model's logits, and the gradient of their weighted sum in the first block's query weight.
std::pair<Tensor, Tensor> answer(Model& model, const Batch& batch, bool composed, at::ScalarType dtype) {
  model.each_parameter([&](Parameter& p) { p.set(p.leaf().detach().to(dtype)); });
  Parameter& weight = model.parameter_at("encoder.0.attention.query.weight");
  weight.train(true);
  Pass pass;
  pass.train = true;
  pass.composed = composed;
  const Tensor y = model(batch, pass);
  (y * at::arange(1, y.numel() + 1).view_as(y).to(dtype)).sum().backward();
  return {y.detach().to(at::kDouble), weight.leaf().grad().to(at::kDouble)};
}

TEST(FirstRows, AreWhatTheWholeLastBlockGives) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({6, 4, 4, 1});
  Pass pass;
  const Tensor short_way = (*model)(batch, pass);
  // Somebody who may read all rows makes all of them.
  int64_t seen = 0;
  Hook hook = model->site_at("encoder.1").wrap(WrapOrder::tap, "reader", [&](const Tensor& x, Next next, Pass& inner) {
    Tensor y = next(x);
    seen = y.size(0);
    EXPECT_EQ(inner.frame->rows(), 15);
    return y;
  });
  Pass again;
  const Tensor whole = (*model)(batch, again);
  EXPECT_EQ(seen, 15);
  EXPECT_LT((short_way - whole).abs().max().item<double>(), 1e-12);
}

TEST(Fused, EqualsTheComposedPassDropoutIncluded) {
  const Batch batch = support::random_batch({6, 4, 4, 1});
  const auto one = support::tiny_bert(support::classes(3)), other = support::tiny_bert(support::classes(3));
  const auto [y, gradient] = answer(*one, batch, false, at::kFloat);
  const auto [expected, expected_gradient] = answer(*other, batch, true, at::kFloat);
  // float32, some hundred terms a sum
  EXPECT_LT((y - expected).abs().max().item<double>(), 2e-5);
  EXPECT_LT((gradient - expected_gradient).abs().max().item<double>() / expected_gradient.abs().max().item<double>(), 2e-4);
  EXPECT_GT(expected_gradient.abs().max().item<double>(), 0);
}

TEST(PackedRows, AnExampleAloneGivesWhatItGivesAmongOthers) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({6, 4, 4, 1});
  const Tensor together = logits(*model, batch);
  for (int64_t i = 0; i < 4; ++i) {
    const Batch alone = support::single_example(batch, i);
    // Products over another number of rows may sum in another order.
    EXPECT_LT((logits(*model, alone)[0] - together[i]).abs().max().item<double>(), 1e-12) << i;
  }
}

TEST(Dropout, DrawsDependOnSeedStepAndPlaceAlone) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({6, 4, 4});
  auto run = [&](uint64_t seed, int64_t step) {
    Pass pass;
    pass.train = true;
    pass.random = {seed, step, 0};
    return logits(*model, batch, pass);
  };
  const Tensor first = run(1, 1);
  EXPECT_TRUE(run(1, 1).equal(first));
  EXPECT_FALSE(run(1, 2).equal(first));
  EXPECT_FALSE(run(2, 1).equal(first));
}

TEST(Dropout, KeepsTheShareAndScales) {
  Pass pass;
  pass.train = true;
  const Tensor x = at::ones({1000, 100}, at::kFloat);
  const Tensor y = op::dropout(x, 0.25, 42, pass);
  // 100,000 draws: the share dropped has deviation sqrt(.25 * .75 / 1e5) = 0.0014; five of them.
  EXPECT_NEAR((y == 0).to(at::kDouble).mean().item<double>(), 0.25, 0.007);
  EXPECT_TRUE(y.masked_select(y != 0).allclose(at::full({1}, 1 / 0.75f)));
}

TEST(Dropout, GradientDropsTheSameNumbers) {
  Pass pass;
  pass.train = true;
  Tensor x = at::ones({7, 33}, at::kDouble).requires_grad_(true);
  const Tensor y = op::dropout(x, 0.5, 9, pass);
  torch::autograd::backward({y.sum()}, {});
  EXPECT_TRUE(x.grad().equal(y.detach()));
}

}  // namespace
}  // namespace espalier
