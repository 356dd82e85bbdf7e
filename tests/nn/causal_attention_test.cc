// Causal attention: rows hidden from those before them, keys shared by heads, rotary positions, the norm before, the cache.
#include <gtest/gtest.h>

#include <cmath>

#include "espalier/nn/cache.h"
#include "espalier/nn/init.h"
#include "espalier/nn/pre_norm_block.h"
#include "espalier/nn/rotary.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

constexpr int64_t kWidth = 12;

struct Rig {
  explicit Rig(const AttentionOptions& options, at::ScalarType type = at::kDouble)
      : root(""), attention(root, "attention", options) {
    for (Parameter* p : attention.parameters()) init::normal(*p, 0.3, 5, type);
  }
  Module root;
  Attention attention;
};

Tensor rows(const std::vector<int64_t>& shape, int64_t seed, at::ScalarType type = at::kDouble) {
  Module root("");
  Parameter drawn(root, "rows" + std::to_string(seed), shape);
  init::normal(drawn, 1, 3, type);
  return drawn.leaf();
}

double distance(const Tensor& a, const Tensor& b) { return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>(); }

/// One example by the equations: every head its own softmax over the rows up to its own.
Tensor by_equations(Attention& a, const Tensor& x, double base) {
  Pass pass;
  const auto frame = make_frame({x.size(0)});
  pass.frame = frame;
  const int64_t dh = a.query.out() / a.heads(), shared = a.heads() / a.key_heads();
  Tensor q = a.query(x, pass), k = a.key(x, pass);
  const Tensor v = a.value(x, pass);
  if (base > 0) {
    const auto turned = [&](const Tensor& t) {
      Tensor out = t.clone();
      for (int64_t i = 0; i < t.size(0); ++i) {
        for (int64_t h = 0; h < t.size(1) / dh; ++h) {
          for (int64_t j = 0; j < dh / 2; ++j) {
            const double angle = double(i) * std::pow(base, -2.0 * double(j) / double(dh));
            const auto first = t[i][h * dh + j], second = t[i][h * dh + j + dh / 2];
            out[i][h * dh + j] = first * std::cos(angle) - second * std::sin(angle);
            out[i][h * dh + j + dh / 2] = second * std::cos(angle) + first * std::sin(angle);
          }
        }
      }
      return out;
    };
    q = turned(q);
    k = turned(k);
  }
  std::vector<Tensor> heads;
  for (int64_t h = 0; h < a.heads(); ++h) {
    const auto part = [&](const Tensor& t, int64_t head) { return t.narrow(1, head * dh, dh); };
    Tensor scores = at::mm(part(q, h), part(k, h / shared).t()) / std::sqrt(double(dh));
    scores = scores.masked_fill(at::ones_like(scores, at::kBool).triu(1), -INFINITY);
    heads.push_back(at::mm(at::softmax(scores, -1), part(v, h / shared)));
  }
  return a.output(at::cat(heads, 1), pass);
}

Tensor run(Attention& a, const Tensor& x, const std::vector<int64_t>& lengths, bool composed = false) {
  Pass pass;
  pass.composed = composed;
  pass.frame = make_frame(lengths);
  return a(x, pass);
}

TEST(CausalAttention, EqualsTheEquations) {
  at::NoGradGuard no_gradient;
  for (const int64_t key_heads : {1, 2, 4}) {
    for (const double base : {0.0, 100.0}) {
      Rig rig({.width = kWidth, .heads = 4, .head_width = 6, .key_heads = key_heads, .causal = true, .rotary = base});
      const Tensor x = rows({9, kWidth}, 1);
      const Tensor y = run(rig.attention, x, {5, 3, 1}), composed = run(rig.attention, x, {5, 3, 1}, true);
      int64_t row = 0;
      for (const int64_t length : {5, 3, 1}) {
        const Tensor expected = by_equations(rig.attention, x.narrow(0, row, length), base);
        // Angles are taken in float32: 1e-7 of angles up to 4.
        EXPECT_LT(distance(y.narrow(0, row, length), expected), base > 0 ? 1e-6 : 1e-12) << key_heads;
        row += length;
      }
      EXPECT_LT(distance(y, composed), 1e-12);
    }
  }
}

TEST(CausalAttention, TheFusedKernelGivesTheSameInSinglePrecision) {
  const Tensor x = rows({52, kWidth}, 1, at::kFloat), slope = rows({52, kWidth}, 2, at::kFloat);
  const std::vector<int64_t> lengths{40, 5, 5, 1, 1};
  std::vector<Tensor> outputs, gradients;
  for (const bool composed : {false, true}) {
    Rig rig({.width = kWidth, .heads = 3, .causal = true}, at::kFloat);
    const Tensor input = x.clone().requires_grad_(true);
    const Tensor y = run(rig.attention, input, lengths, composed);
    (y * slope).sum().backward();
    outputs.push_back(y.detach());
    gradients.push_back(input.grad());
  }
  // Sums of at most some hundred single-precision terms near 1.
  EXPECT_LT(distance(outputs[0], outputs[1]), 1e-5);
  EXPECT_LT(distance(gradients[0], gradients[1]), 1e-4);
}

TEST(CausalAttention, LaterRowsChangeNothing) {
  at::NoGradGuard no_gradient;
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    Rig rig({.width = kWidth, .heads = 3, .causal = true}, type);
    Tensor x = rows({7, kWidth}, 1, type);
    const Tensor before = run(rig.attention, x, {7}).narrow(0, 0, 6).clone();
    x[6] += 1;
    EXPECT_TRUE(run(rig.attention, x, {7}).narrow(0, 0, 6).equal(before));
  }
}

TEST(CausalAttention, ACacheGivesWhatTheWholeGives) {
  at::NoGradGuard no_gradient;
  Rig rig({.width = kWidth, .heads = 4, .head_width = 4, .key_heads = 2, .causal = true, .rotary = 100});
  const Tensor x = rows({10, kWidth}, 1);  // two examples of 6 and 4 rows
  const Tensor whole = run(rig.attention, x, {6, 4});
  Cache cache;
  Pass pass;
  pass.cache = &cache;
  EXPECT_TRUE(cache.empty());
  const auto step = [&](const std::vector<int64_t>& first, const std::vector<int64_t>& lengths) {
    std::vector<Tensor> parts;
    std::vector<int64_t> positions;
    const int64_t begins[] = {0, 6};
    for (size_t i = 0; i < 2; ++i) {
      parts.push_back(x.narrow(0, begins[i] + first[i], lengths[i]));
      for (int64_t p = 0; p < lengths[i]; ++p) positions.push_back(first[i] + p);
    }
    auto frame = make_frame(lengths);
    frame->positions = at::tensor(positions, at::kLong);
    pass.frame = frame;
    const Tensor y = rig.attention(at::cat(parts, 0), pass);
    int64_t row = 0;
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_LT(distance(y.narrow(0, row, lengths[i]), whole.narrow(0, begins[i] + first[i], lengths[i])), 1e-6) << first[i];
      row += lengths[i];
    }
  };
  step({0, 0}, {3, 2});
  EXPECT_FALSE(cache.empty());
  step({3, 2}, {1, 1});
  step({4, 3}, {2, 1});
}

TEST(CausalAttention, ChosenExamplesKeepTheirRows) {
  at::NoGradGuard no_gradient;
  Cache cache;
  const auto row = [](double v) { return at::full({1, 1, 1, 2}, v, at::kDouble); };
  cache.extend("a", 0, row(1), row(10));
  cache.extend("a", 1, row(2), row(20));
  cache.reorder({1, 1, 0});
  const auto& [keys, values] = cache.extend("a", 1, row(3), row(30));
  EXPECT_TRUE(keys.flatten().equal(at::tensor({2.0, 2.0, 3.0, 3.0}, at::kDouble)));
  EXPECT_EQ(values[0][0][0][0].item<double>(), 20);
  EXPECT_EQ(cache.extend("a", 2, row(4), row(40)).first[0][0][0][0].item<double>(), 1);
}

TEST(Rotary, RowsWithoutAPositionStayAsTheyAre) {
  const Tensor x = rows({3, 8}, 1);
  const Tensor y = rotate(x, at::tensor({-1, 0, 1}, at::kLong), 4, 100);
  EXPECT_TRUE(y.narrow(0, 0, 2).equal(x.narrow(0, 0, 2)));
  EXPECT_FALSE(y[2].equal(x[2]));
}

TEST(PreNormBlock, IsTheEquations) {
  at::NoGradGuard no_gradient;
  Module root("");
  const NormOptions norm{NormKind::rms, 1e-3};
  PreNormBlock block(
      root, "block",
      {.attention = {.width = kWidth, .heads = 3, .causal = true, .bias = false, .norm = norm},
       .ffn = {.width = kWidth, .inner = 7, .activation = Activation::silu, .gated = true, .bias = false, .norm = norm}});
  for (Parameter* p : block.parameters()) init::normal(*p, 0.5, 5, at::kDouble);
  const Tensor x = rows({4, kWidth}, 1);
  Pass pass;
  pass.frame = make_frame({4});
  const auto normed = [&](const Tensor& t, const Norm& n) {
    return t / at::sqrt(t.square().mean({1}, true) + 1e-3) * n.weight.leaf();
  };
  Rig rig({.width = kWidth, .heads = 3, .causal = true, .bias = false});
  const auto from = block.attention.parameters();
  for (size_t i = 1; i < from.size(); ++i) rig.attention.parameters()[i - 1]->set(from[i]->leaf());
  const Tensor a = x + run(rig.attention, normed(x, *block.attention.norm), {4});
  const Tensor read = normed(a, *block.ffn.norm);
  const auto by = [](const Tensor& t, const Linear& l) { return at::mm(t, l.weight().leaf().t()); };
  const Tensor expected = a + by(at::silu(by(read, *block.ffn.gate)) * by(read, block.ffn.up), block.ffn.down);
  EXPECT_LT(distance(block(x, pass), expected), 1e-12);
}

}  // namespace
}  // namespace espalier
