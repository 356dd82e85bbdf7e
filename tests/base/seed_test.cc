#include "espalier/base/seed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "tests/support/files.h"

namespace espalier {
namespace {

using Words = std::array<uint32_t, 4>;

// Random123's kat_vectors for philox4x32-10: zeros, ones, and digits of pi.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox(0, 0, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint64_t ones = ~uint64_t{0};
  EXPECT_EQ(philox(ones, ones, ones), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox(0x299f31d0a4093822, 0x85a308d3243f6a88, 0x0370734413198a2e),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// Expected keys: FNV-1a and splitmix64 written independently in Python. A change here breaks every stored run.
TEST(Keys, AreStable) {
  EXPECT_EQ(derive_key(1, "shuffle"), 0x1f035040073310ee);
  EXPECT_EQ(derive_key(0, ""), 0x5b21f68ffa77f14c);
  EXPECT_EQ(derive_key(1, uint64_t{2}), 0xc500cfc3af757f66);
}

TEST(Keys, AreDistinct) {
  std::set<uint64_t> keys;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    for (uint64_t i = 0; i < 100; ++i) {
      keys.insert(derive_key(seed, i));
      keys.insert(derive_key(seed, fmt::format("encoder.{}", i)));
    }
  }
  EXPECT_EQ(keys.size(), 20000U);
}

TEST(RandomStream, GivesTheWordsInOrder) {
  RandomStream random(7);
  for (uint64_t counter = 0; counter < 3; ++counter) {
    for (const uint32_t word : philox(7, counter)) EXPECT_EQ(random.bits(), word);
  }
}

// Bounds: five standard errors of each estimate over n independent draws.
TEST(RandomStream, HasTheRightMoments) {
  constexpr int n = 200000;
  RandomStream random(derive_key(1, "moments"));
  double sum = 0, squares = 0, normal_sum = 0, normal_squares = 0, fourth = 0;
  for (int i = 0; i < n; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u, squares += u * u;
    const double z = random.normal();
    ASSERT_TRUE(std::isfinite(z));
    normal_sum += z, normal_squares += z * z, fourth += z * z * z * z;
  }
  const double root = std::sqrt(double(n));
  EXPECT_NEAR(sum / n, 0.5, 5 * std::sqrt(1.0 / 12) / root);
  EXPECT_NEAR(squares / n, 1.0 / 3, 5 * std::sqrt(4.0 / 45) / root);
  EXPECT_NEAR(normal_sum / n, 0, 5 / root);
  EXPECT_NEAR(normal_squares / n, 1, 5 * std::sqrt(2.0) / root);
  EXPECT_NEAR(fourth / n, 3, 5 * std::sqrt(96.0) / root);
}

TEST(RandomStream, BelowIsUniform) {
  RandomStream random(3);
  std::array<int, 6> counts{};
  constexpr int n = 60000;
  for (int i = 0; i < n; ++i) ++counts[random.below(6)];
  double chi = 0;
  for (const int count : counts) chi += (count - n / 6.0) * (count - n / 6.0) / (n / 6.0);
  EXPECT_LT(chi, 25.7);  // chi-square with 5 degrees of freedom: p = 1e-4
  EXPECT_EQ(random.below(1), 0U);
  support::expect_error(ErrorKind::bug, [&] { random.below(0); }, {"below 0"});
  // a remainder without refusals would fall below 2^62 in one half of the draws instead of a third; five standard errors
  const uint64_t quarter = uint64_t{1} << 62;
  int low = 0;
  for (int i = 0; i < 3000; ++i) low += random.below(3 * quarter) < quarter ? 1 : 0;
  EXPECT_NEAR(low / 3000.0, 1.0 / 3, 5 * std::sqrt(2.0 / 9 / 3000));
}

// Expected order: Philox and Fisher-Yates written independently in Python.
TEST(Permutation, IsStable) { EXPECT_EQ(permutation(10, 7), (std::vector<int64_t>{6, 9, 0, 5, 7, 4, 1, 3, 8, 2})); }

TEST(Permutation, HoldsEveryNumberOnce) {
  EXPECT_TRUE(permutation(0, 1).empty());
  EXPECT_EQ(permutation(1, 1), std::vector<int64_t>{0});
  std::vector<int64_t> order = permutation(1000, 1);
  EXPECT_NE(order, permutation(1000, 2));
  EXPECT_EQ(order, permutation(1000, 1));
  std::sort(order.begin(), order.end());
  std::vector<int64_t> expected(1000);
  std::iota(expected.begin(), expected.end(), int64_t{0});
  EXPECT_EQ(order, expected);
  support::expect_error(ErrorKind::bug, [] { permutation(-1, 1); }, {"-1"});
}

}  // namespace
}  // namespace espalier
