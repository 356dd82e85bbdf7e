// The vector kernels of every instruction set that this processor runs, against ATen's compositions in double precision. float32
// rounds each operation to 6e-8 of its result; sums of up to 200 terms of size 1 stay within 2e-5.
#include "espalier/nn/kernels/vector.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "espalier/base/seed.h"
#include "espalier/nn/kernels/join_norm.h"
#include "espalier/nn/kernels/packed_attention.h"
#include "espalier/nn/tensor.h"

namespace espalier::kernels {
namespace {

constexpr double kTolerance = 2e-5;

Tensor random(at::IntArrayRef shape, int64_t seed) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(uint64_t(seed)), at::kFloat);
}

double distance(const Tensor& found, const Tensor& expected) {
  return (found.to(at::kDouble) - expected).abs().max().item<double>() / std::max(1.0, expected.abs().max().item<double>());
}

class Kernels : public testing::TestWithParam<const VectorKernels*> {};

TEST_P(Kernels, GeluAndItsSlope) {
  const VectorKernels& kernels = *GetParam();
  for (const int64_t count : {1, 3, 16, 17, 1000}) {
    for (const bool by_tanh : {false, true}) {
      const Tensor x = random({count}, count) * 4, dy = random({count}, 7);
      Tensor wide = x.to(at::kDouble).requires_grad_(true);
      const Tensor expected = at::gelu(wide, by_tanh ? "tanh" : "none");
      expected.backward(dy.to(at::kDouble));
      Tensor y = at::full({count + 1}, 5.0F), dx = at::full({count + 1}, 5.0F);  // one more, to see nothing is written beyond
      kernels.gelu(x.const_data_ptr<float>(), y.mutable_data_ptr<float>(), count, by_tanh);
      kernels.gelu_backward(x.const_data_ptr<float>(), dy.const_data_ptr<float>(), dx.mutable_data_ptr<float>(), count, by_tanh);
      EXPECT_LT(distance(y.narrow(0, 0, count), expected.detach()), 1e-6) << count;
      EXPECT_LT(distance(dx.narrow(0, 0, count), wide.grad()), 3e-6) << count;  // x times a difference of tails
      EXPECT_EQ(y[count].item<float>(), 5);
      EXPECT_EQ(dx[count].item<float>(), 5);
    }
  }
}

TEST_P(Kernels, GeluKeepsTheTailsDigitsAndWhatIsNotFinite) {
  const float x[4] = {-9, -5, 0, std::nanf("")};
  float y[4];
  GetParam()->gelu(x, y, 4, false);
  const Tensor expected =
      at::tensor({-9.0, -5.0}, at::kDouble) * at::special_erfc(at::tensor({9.0, 5.0}, at::kDouble) / M_SQRT2) / 2;
  EXPECT_NEAR(y[0] / expected[0].item<double>(), 1, 1e-5);
  EXPECT_NEAR(y[1] / expected[1].item<double>(), 1, 2e-6);
  EXPECT_EQ(y[2], 0);
  EXPECT_TRUE(std::isnan(y[3]));
}

/// 0 or the factor for each element, by the generator's own definition.
Tensor kept(const Keep& keep, at::IntArrayRef shape) {
  Tensor factors = at::empty(shape, at::kDouble);
  double* out = factors.mutable_data_ptr<double>();
  for (int64_t e = 0; e < factors.numel(); ++e) {
    const auto words = philox(keep.key, uint64_t(16 * (e / 64) + e % 16));
    out[e] = words[size_t(e / 16 % 4)] >= keep.threshold ? double(keep.factor) : 0;
  }
  return factors;
}

TEST_P(Kernels, DropoutDrawsTheSameBitsFromAnyStart) {
  const Keep keep = make_keep(0.3, 99);
  const Tensor x = random({1000}, 1), expected = x * kept(keep, {1000}).to(at::kFloat);
  for (const int64_t first : {0, 1, 63, 64, 100, 999}) {
    Tensor y = at::full({1000 - first}, 5.0F);
    GetParam()->drop(x.const_data_ptr<float>() + first, y.mutable_data_ptr<float>(), first, 1000 - first, keep);
    EXPECT_TRUE(at::equal(y, expected.narrow(0, first, 1000 - first))) << first;
  }
}

TEST_P(Kernels, DropoutOfOneLeavesNothingAndNoInfinity) {
  for (const double probability : {1.0, 1.5}) {
    const Keep keep = make_keep(probability, 99);
    const Tensor x = random({1000}, 1);
    Tensor y = at::full({1000}, 5.0F);
    GetParam()->drop(x.const_data_ptr<float>(), y.mutable_data_ptr<float>(), 0, 1000, keep);
    EXPECT_TRUE(at::equal(y, at::zeros({1000}))) << probability;
  }
}

TEST_P(Kernels, JoinNormForwardsAndBackwards) {
  for (const int64_t width : {1, 5, 16, 20, 384}) {
    for (const double drop : {0.0, 0.2}) {
      const int64_t rows = 9;
      const Keep keep = make_keep(drop, 5);
      const Tensor branch = random({rows, width}, 1), stream = random({rows, width}, 2), weight = random({width}, 3),
                   bias = random({width}, 4), dy = random({rows, width}, 5);
      Tensor b = branch.to(at::kDouble).requires_grad_(true), s = stream.to(at::kDouble).requires_grad_(true),
             w = weight.to(at::kDouble).requires_grad_(true), c = bias.to(at::kDouble).requires_grad_(true);
      const Tensor expected = at::layer_norm(b * kept(keep, {rows, width}) + s, {width}, w, c, 1e-3);
      expected.backward(dy.to(at::kDouble));
      Tensor sum = at::empty_like(branch), y = at::empty_like(branch), mean = at::empty({rows}), scale = at::empty({rows});
      std::vector<float> row(size_t(width + 16));
      GetParam()->join_norm({branch.const_data_ptr<float>(), stream.const_data_ptr<float>(), weight.const_data_ptr<float>(),
                             bias.const_data_ptr<float>(), width, 1e-3F, keep, sum.mutable_data_ptr<float>(),
                             y.mutable_data_ptr<float>(), mean.mutable_data_ptr<float>(), scale.mutable_data_ptr<float>()},
                            0, rows, row.data());
      Tensor dsum = at::empty_like(branch), dbranch = at::empty_like(branch), dw = at::zeros({width}), db = at::zeros({width});
      GetParam()->join_norm_backward(
          {dy.const_data_ptr<float>(), sum.const_data_ptr<float>(), mean.const_data_ptr<float>(), scale.const_data_ptr<float>(),
           weight.const_data_ptr<float>(), width, keep, dsum.mutable_data_ptr<float>(), dbranch.mutable_data_ptr<float>(),
           dw.mutable_data_ptr<float>(), db.mutable_data_ptr<float>()},
          0, rows, row.data());
      EXPECT_LT(distance(y, expected.detach()), kTolerance) << width;
      EXPECT_LT(distance(dsum, s.grad()), kTolerance) << width;
      EXPECT_LT(distance(drop > 0 ? dbranch : dsum, b.grad()), kTolerance) << width;
      EXPECT_LT(distance(dw, w.grad()), kTolerance) << width;
      EXPECT_LT(distance(db, c.grad()), kTolerance) << width;
    }
  }
}

TEST_P(Kernels, AttentionOfOneHeadForwardsAndBackwards) {
  for (const int64_t width : {1, 8, 20, 64}) {
    for (const int64_t length : {1, 2, 15, 16, 33, 70}) {
      for (const auto& [drop, queries, causal] : {std::tuple{0.0, length, false},
                                                  {0.25, length, false},
                                                  {0.25, int64_t{1}, false},
                                                  {0.0, length, true},
                                                  {0.25, length, true}}) {
        const Keep keep = make_keep(drop, 11);
        const int64_t stride = width + 3;
        const auto rows = [&](int64_t seed) { return random({length, stride}, seed); };
        const Tensor query = rows(1), key = rows(2), value = rows(3), slope = rows(4);
        const auto leaf = [&](const Tensor& x) { return x.narrow(1, 0, width).to(at::kDouble).clone().requires_grad_(true); };
        Tensor q = leaf(query.narrow(0, 0, queries)), k = leaf(key), v = leaf(value);
        const double scale = 1 / std::sqrt(double(width));
        const Tensor hidden = at::ones({queries, length}, at::kBool).triu(causal ? 1 : length);
        const Tensor scores = (at::mm(q, k.t()) * scale).masked_fill(hidden, -INFINITY);
        const Tensor weights = at::softmax(scores, -1) * kept(keep, {queries, length});
        const Tensor expected = at::mm(weights, v);
        expected.backward(slope.narrow(0, 0, queries).narrow(1, 0, width).to(at::kDouble));
        Tensor output = at::zeros({length, stride}), logs = at::empty({length});
        Tensor dq = at::zeros({length, stride}), dk = at::zeros({length, stride}), dv = at::zeros({length, stride});
        std::vector<float> memory(size_t(attention_memory(length, width)), std::nanf(""));
        const AttentionHead head{.query = query.const_data_ptr<float>(),
                                 .key = key.const_data_ptr<float>(),
                                 .value = value.const_data_ptr<float>(),
                                 .stride = stride,
                                 .queries = queries,
                                 .length = length,
                                 .width = width,
                                 .scale = float(scale),
                                 .causal = causal,
                                 .keep = keep,
                                 .first_weight = 0,
                                 .output = output.mutable_data_ptr<float>(),
                                 .output_stride = stride,
                                 .log_sum = logs.mutable_data_ptr<float>()};
        GetParam()->attention(head, memory.data());
        GetParam()->attention_backward(head,
                                       {slope.const_data_ptr<float>(), dq.mutable_data_ptr<float>(), dk.mutable_data_ptr<float>(),
                                        dv.mutable_data_ptr<float>(), stride},
                                       memory.data());
        const auto inside = [&](const Tensor& x) { return x.narrow(1, 0, width); };
        const std::string which =
            fmt::format("width {}, length {}, {} queries, drop {}, causal {}", width, length, queries, drop, causal);
        EXPECT_LT(distance(inside(output).narrow(0, 0, queries), expected.detach()), kTolerance) << which;
        EXPECT_LT(distance(inside(dq).narrow(0, 0, queries), q.grad()), kTolerance) << which;
        EXPECT_LT(distance(inside(dk), k.grad()), kTolerance) << which;
        EXPECT_LT(distance(inside(dv), v.grad()), kTolerance) << which;
        EXPECT_EQ(output.narrow(1, width, 3).abs().max().item<float>(), 0) << "written beyond the head: " << which;
        EXPECT_EQ(dv.narrow(1, width, 3).abs().max().item<float>(), 0) << "written beyond the head: " << which;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, Kernels, testing::ValuesIn(runnable_kernels()), [](const auto& set) { return set.param->name; });

TEST(PackedAttention, EachExampleSeesOnlyItself) {
  const auto frame = make_frame({3, 3, 7, 1});
  Tensor q = random({14, 12}, 1).requires_grad_(true), k = random({14, 12}, 2).requires_grad_(true),
         v = random({14, 12}, 3).requires_grad_(true);
  const Tensor y = packed_attention(q, k, v, frame, 3, {});
  y.narrow(0, 6, 7).sum().backward();
  for (const Tensor& x : {q, k, v}) {
    EXPECT_EQ(x.grad().narrow(0, 0, 6).abs().max().item<float>(), 0);
    EXPECT_EQ(x.grad()[13].abs().max().item<float>(), 0);
  }
  EXPECT_GT(v.grad().narrow(0, 6, 7).abs().min().item<float>(), 0);
  const auto part = [](const Tensor& x) { return x.detach().narrow(0, 6, 7).contiguous(); };
  const Tensor alone = packed_attention(part(q), part(k), part(v), make_frame({7}), 3, {});
  EXPECT_TRUE(at::equal(alone, part(y)));
}

TEST(PackedAttention, AsksForOneRowOfEachExample) {
  const auto frame = make_frame({3, 3, 7, 1});
  Tensor q = random({14, 12}, 1).requires_grad_(true), k = random({14, 12}, 2).requires_grad_(true),
         v = random({14, 12}, 3).requires_grad_(true);
  const Tensor slope = random({4, 12}, 4), first = frame->first_rows();
  packed_attention(q, k, v, frame, 3, {}).index_select(0, first).mul(slope).sum().backward();
  Tensor one = q.detach().index_select(0, first).requires_grad_(true), key = k.detach().clone().requires_grad_(true),
         value = v.detach().clone().requires_grad_(true);
  packed_attention(one, key, value, frame, 3, {}).mul(slope).sum().backward();
  EXPECT_LT(distance(one.grad(), q.grad().index_select(0, first).to(at::kDouble)), 1e-6);
  EXPECT_LT(distance(key.grad(), k.grad().to(at::kDouble)), 1e-6);
  EXPECT_LT(distance(value.grad(), v.grad().to(at::kDouble)), 1e-6);
}

TEST(PackedAttention, TheBitsDoNotDependOnTheNumberOfThreads) {
  const auto frame = make_frame({40, 3, 3, 90, 1, 25});
  const auto run = [&](int threads) {
    at::set_num_threads(threads);
    Tensor q = random({162, 32}, 1).requires_grad_(true);
    const std::vector<Keep> keeps(frame->groups().size(), make_keep(0.1, 3));
    packed_attention(q, q * 2, q + 1, frame, 4, keeps).square().sum().backward();
    return q.grad();
  };
  const Tensor one = run(1), three = run(3);
  at::set_num_threads(1);
  EXPECT_TRUE(at::equal(one, three));
}

TEST(JoinNorm, WithoutAStreamIsTheNorm) {
  Tensor x = random({5, 20}, 1).requires_grad_(true), weight = random({20}, 2).requires_grad_(true),
         bias = random({20}, 3).requires_grad_(true);
  const Tensor slope = random({5, 20}, 4);
  join_norm(x, Tensor(), weight, bias, 1e-5, {}).mul(slope).sum().backward();
  Tensor wide = x.detach().to(at::kDouble).requires_grad_(true), w = weight.detach().to(at::kDouble).requires_grad_(true),
         b = bias.detach().to(at::kDouble).requires_grad_(true);
  at::layer_norm(wide, {20}, w, b, 1e-5).mul(slope).sum().backward();
  EXPECT_LT(distance(x.grad(), wide.grad()), kTolerance);
  EXPECT_LT(distance(weight.grad(), w.grad()), kTolerance);
  EXPECT_LT(distance(bias.grad(), b.grad()), kTolerance);
}

TEST(JoinNorm, WeightGradientsDoNotDependOnTheNumberOfThreads) {
  const auto run = [&](int threads) {
    at::set_num_threads(threads);
    Tensor weight = random({40}, 1).requires_grad_(true);
    join_norm(random({1000, 40}, 2), random({1000, 40}, 3), weight, at::zeros({40}), 1e-5, {}).square().sum().backward();
    return weight.grad();
  };
  const Tensor one = run(1), three = run(3);
  at::set_num_threads(1);
  EXPECT_TRUE(at::equal(one, three));
}

TEST(VectorKernels, AreNamedWidestFirst) {
  const std::vector<const VectorKernels*> runnable = runnable_kernels();
  EXPECT_STREQ(runnable.back()->name, "plain");
  EXPECT_STREQ(vector_kernels().name, std::getenv("ESPALIER_ISA") != nullptr ? std::getenv("ESPALIER_ISA") : runnable[0]->name);
}

}  // namespace
}  // namespace espalier::kernels
