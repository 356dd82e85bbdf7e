// Keys by name (FNV-1a, then the finaliser of splitmix64) and sequences of draws.
#include "espalier/base/seed.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include "espalier/base/error.h"

namespace espalier {
namespace {

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;

// splitmix64: Steele, Lea, Flood 2014, with Stafford's constants (mix 13)
uint64_t mix(uint64_t x) {
  x += kGolden;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace

uint64_t derive_key(uint64_t seed, std::string_view name) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : name) hash = (hash ^ uint8_t(c)) * 0x100000001B3;
  return mix(mix(seed) ^ hash);
}

uint64_t derive_key(uint64_t key, uint64_t number) {
  // the extra constant keeps numbers apart from names that hash to them
  return mix(mix(key ^ 0xD6E8FEB86659FD93) ^ mix(number));
}

uint32_t RandomStream::bits() {
  if (left_ == 0) {
    words_ = philox(key_, counter_++);
    left_ = 4;
  }
  return words_[size_t(4 - left_--)];
}

double RandomStream::uniform() {
  const uint64_t high = bits(), low = bits();
  return double((high << 32 | low) >> 11) * 0x1p-53;
}

double RandomStream::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));  // 1 - u is in (0, 1]
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

uint64_t RandomStream::below(uint64_t bound) {
  if (bound == 0) throw bug_error("a random number below 0 was asked for");
  const uint64_t uneven = (0 - bound) % bound;  // 2^64 mod bound: that many draws are refused
  for (;;) {
    const uint64_t high = bits(), low = bits();
    const uint64_t draw = high << 32 | low;
    if (draw >= uneven) return draw % bound;
  }
}

std::vector<int64_t> permutation(int64_t size, uint64_t key) {
  if (size < 0) throw bug_error("a permutation of {} things was asked for", size);
  std::vector<int64_t> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), int64_t{0});
  RandomStream random(key);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[size_t(random.below(i))]);
  return order;
}

}  // namespace espalier
