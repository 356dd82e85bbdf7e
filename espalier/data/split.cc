#include "espalier/data/split.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <unordered_map>

#include "espalier/base/error.h"
#include "espalier/base/seed.h"

namespace espalier {
namespace {

/// Rows that must stay together, by union-find.
class Units {
 public:
  explicit Units(int64_t rows) : parent_(size_t(rows)) { std::iota(parent_.begin(), parent_.end(), 0); }
  int64_t root(int64_t row) {
    while (parent_[size_t(row)] != row) row = parent_[size_t(row)] = parent_[size_t(parent_[size_t(row)])];
    return row;
  }
  void join_equal(const std::vector<uint64_t>& keys) {
    std::unordered_map<uint64_t, int64_t> first;
    first.reserve(keys.size());
    for (int64_t row = 0; row < int64_t(keys.size()); ++row) {
      const auto [at, fresh] = first.try_emplace(keys[size_t(row)], row);
      if (!fresh) parent_[size_t(root(row))] = root(at->second);
    }
  }

 private:
  std::vector<int64_t> parent_;
};

/// How many of each class are to be held out: `share` of it rounded down, then one more where most is missing, until the whole is
/// `share` of all rows.
std::vector<int64_t> quotas(const std::vector<int64_t>& counts, double share) {
  const int64_t rows = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  std::vector<int64_t> quota;
  std::vector<std::pair<double, int64_t>> missing;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double exact = share * double(counts[i]);
    quota.push_back(int64_t(exact));
    missing.emplace_back(double(quota.back()) - exact, int64_t(i));
  }
  std::sort(missing.begin(), missing.end());
  const int64_t total = std::clamp<int64_t>(std::llround(share * double(rows)), 1, rows - 1);
  int64_t left = total - std::accumulate(quota.begin(), quota.end(), int64_t{0});
  for (size_t i = 0; left > 0; i = (i + 1) % missing.size()) {
    ++quota[size_t(missing[i].second)];
    --left;
  }
  return quota;
}

}  // namespace

std::vector<bool> hold_out(const Survey& survey, double share, uint64_t seed) {
  const auto rows = static_cast<int64_t>(survey.texts.size());
  if (rows < 2) throw usage_error("{} row is too few to hold some out", rows).hint("give a file with --dev");
  Units units(rows);
  units.join_equal(survey.texts);
  if (!survey.groups.empty()) units.join_equal(survey.groups);

  const int32_t classes = *std::max_element(survey.strata.begin(), survey.strata.end()) + 1;
  std::vector<int64_t> counts(size_t(classes), 0);
  for (const int32_t stratum : survey.strata) ++counts[size_t(stratum)];
  const std::vector<int64_t> quota = quotas(counts, share);

  // Rows sorted by a unit's random key, so that units come in random order and a unit's rows stand together.
  const uint64_t key = derive_key(seed, "split");
  std::vector<std::pair<uint64_t, int64_t>> order;
  for (int64_t row = 0; row < rows; ++row) order.emplace_back(derive_key(key, uint64_t(units.root(row))), row);
  std::sort(order.begin(), order.end());

  std::vector<bool> held(size_t(rows), false);
  std::vector<int64_t> taken(size_t(classes), 0);
  std::unordered_map<int32_t, int64_t> unit;
  for (size_t at = 0; at < order.size();) {
    unit.clear();
    size_t end = at;
    for (; end < order.size() && order[end].first == order[at].first; ++end) ++unit[survey.strata[size_t(order[end].second)]];
    int64_t gain = 0;
    for (const auto& [stratum, count] : unit) {
      const int64_t before = quota[size_t(stratum)] - taken[size_t(stratum)];
      gain += std::abs(before) - std::abs(before - count);
    }
    if (gain > 0) {
      for (const auto& [stratum, count] : unit) taken[size_t(stratum)] += count;
      for (size_t i = at; i < end; ++i) held[size_t(order[i].second)] = true;
    }
    at = end;
  }
  const auto count = std::count(held.begin(), held.end(), true);
  if (count == 0 || count == rows) {
    throw usage_error("the rows cannot be split: equal texts and groups hold {} of {} together", count == 0 ? "too many" : "all",
                      rows)
        .hint("give a file with --dev");
  }
  return held;
}

}  // namespace espalier
