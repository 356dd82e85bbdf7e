// Budgets: exact counts of the specification, ties, densities of random graphs; and masks as files hold them.
#include "espalier/pruning/budget.h"

#include <gtest/gtest.h>

#include <cmath>

#include "espalier/base/seed.h"
#include "espalier/nn/tensor.h"
#include "espalier/pruning/bits.h"
#include "espalier/pruning/group.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

Tensor distinct(int64_t size, uint64_t seed = 1) {
  const std::vector<int64_t> order = permutation(size, seed);
  return at::tensor(order, at::kLong).to(at::kDouble);
}

int64_t kept(const std::vector<Tensor>& masks) {
  int64_t kept = 0;
  for (const Tensor& mask : masks) kept += mask.sum().item<int64_t>();
  return kept;
}

TEST(KeepLargest, DropsExactlyTheSmallestAndBreaksTiesByIndex) {
  const Tensor scores = at::tensor({3.0, 1.0, 1.0, 2.0, 1.0});
  EXPECT_TRUE(keep_largest(scores, 0.4).equal(at::tensor({1, 0, 0, 1, 1}).to(at::kBool)));
  EXPECT_EQ(keep_largest(at::arange(100), 0.29).sum().item<int64_t>(), 71);
  EXPECT_TRUE(keep_largest(scores, 0).all().item<bool>());
  EXPECT_FALSE(keep_largest(scores, 1).any().item<bool>());
}

TEST(Budget, GlobalCountsAreThoseOfThePaper) {
  // Houlsby adapters of width 64 in 12 blocks of width 768: 48 matrices, 2,359,296 numbers.
  const std::vector<Tensor> scores = {distinct(1179648, 1), distinct(1179648, 2) + 0.5};
  const std::vector<std::vector<int64_t>> shapes = {{768, 1536}, {768, 1536}};
  struct Row {
    double keep;
    int64_t numbers;
  };
  for (const auto& [keep, numbers] :
       {Row{0.8, 1887436}, Row{0.6, 1415577}, Row{0.5, 1179648}, Row{0.4, 943718}, Row{0.2, 471859}}) {
    const std::vector<Tensor> masks = keep_best(scores, shapes, {1 - keep, Scope::global});
    EXPECT_EQ(kept(masks), numbers) << keep;
    // The scores interleave, so both halves keep alike.
    EXPECT_NEAR(double(masks[0].sum().item<int64_t>()), double(numbers) / 2, 1) << keep;
  }
}

TEST(Budget, LayersKeepTheirShareEach) {
  const std::vector<Tensor> masks = keep_best({distinct(10), distinct(7) + 100}, {{10}, {7}}, {0.5, Scope::layer});
  EXPECT_EQ(masks[0].sum().item<int64_t>(), 5);
  EXPECT_EQ(masks[1].sum().item<int64_t>(), 4);
  EXPECT_TRUE(masks[0].equal(distinct(10) >= 5));
}

TEST(Budget, RandomGraphsAreThinnerWhereTheyAreLarger) {
  const std::vector<std::vector<int64_t>> shapes = {{768, 10}, {3072, 10}, {4, 4}};
  const double keep = 0.3;
  const std::vector<double> density = random_graph_densities(shapes, keep, false);
  double sum = 0, size = 0;
  for (size_t i = 0; i < shapes.size(); ++i) {
    sum += density[i] * double(shapes[i][0] * shapes[i][1]);
    size += double(shapes[i][0] * shapes[i][1]);
    EXPECT_LE(density[i], 1);
  }
  EXPECT_NEAR(sum, keep * size, 1e-9 * size);
  EXPECT_EQ(density[2], 1);  // ε (4 + 4) / 16 would be above one
  EXPECT_NEAR(density[0] / density[1], (778.0 / 7680) / (3082.0 / 30720), 1e-12);
  std::vector<Tensor> scores;
  for (const auto& s : shapes) scores.push_back(distinct(s[0] * s[1]));
  const std::vector<Tensor> masks = keep_best(scores, shapes, {1 - keep, Scope::er});
  for (size_t i = 0; i < shapes.size(); ++i) {
    EXPECT_EQ(masks[i].sum().item<int64_t>(), std::llround(density[i] * double(scores[i].numel()))) << i;
  }
  // With three extents erk counts the third, er does not.
  const std::vector<std::vector<int64_t>> kernels = {{8, 8, 3}, {16, 16, 1}};
  EXPECT_NE(random_graph_densities(kernels, 0.2, true)[0], random_graph_densities(kernels, 0.2, false)[0]);
}

TEST(Budget, ManyTiesAreRefusedBecauseOrderWouldChoose) {
  const Tensor half = at::cat({at::zeros({100}, at::kDouble), distinct(100) + 1});
  for (const double fraction : {0.3, 0.5}) {
    support::expect_error(ErrorKind::usage,
                          [&] {
                            keep_best({half}, {{200}}, {fraction, Scope::global});
                          },
                          {"100 of 200 scores", "random"});
  }
  EXPECT_EQ(kept(keep_best({half}, {{200}}, {0.75, Scope::global})), 50);
  support::expect_error(ErrorKind::usage, [&] { keep_best({distinct(4)}, {{4}}, {0.9, Scope::global}); }, {"all 4 numbers"});
}

TEST(Grouping, RowsAndColumnsGoTogether) {
  const Tensor scores = at::tensor({1.0, 2.0, 3.0, 4.0, 5.0, 6.0}).view({2, 3});
  EXPECT_TRUE(unit_scores(scores, Grouping::row).equal(at::tensor({6.0, 15.0})));
  EXPECT_TRUE(unit_scores(scores, Grouping::column).equal(at::tensor({5.0, 7.0, 9.0})));
  const Tensor columns = spread_units(at::tensor({1, 0, 1}).to(at::kBool), {2, 3}, Grouping::column);
  EXPECT_TRUE(columns.equal(at::tensor({1, 0, 1, 1, 0, 1}).to(at::kBool).view({2, 3})));
}

TEST(Bits, MasksAndValuesComeBackAsTheyWere) {
  for (const int64_t size : {1, 7, 8, 9, 64, 100}) {
    const Tensor mask = distinct(size).remainder(3).ne(1), dense = distinct(size, 4) + 1;
    const Tensor bits = pack_bits(mask);
    EXPECT_EQ(bits.numel(), (size + 7) / 8);
    EXPECT_TRUE(unpack_bits(bits, {size}, "file").equal(mask)) << size;
    EXPECT_TRUE(unpack_values(pack_values(dense, mask), mask, "file").equal(dense * mask)) << size;
  }
  EXPECT_EQ(pack_bits(at::tensor({1, 0, 1, 1}).to(at::kBool))[0].item<int64_t>(), 13);
  support::expect_error(ErrorKind::data, [] { unpack_bits(at::zeros({2}, at::kByte), {8}, "mask/w.kept"); },
                        {"mask/w.kept", "8 numbers", "1 bytes"});
  support::expect_error(ErrorKind::data, [] { unpack_values(at::zeros({3}), at::ones({4}, at::kBool), "w.values"); },
                        {"w.values", "holds 3", "keeps 4"});
}

}  // namespace
}  // namespace espalier
