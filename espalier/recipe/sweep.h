// Sweep: a recipe whose table [sweep] names what varies: lists (grid), draws (random) and seeds; docs/recipes.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/base/value.h"

namespace espalier {

/// One thing that varies: "train.optimizer.learning_rate", shown as "learning_rate".
struct SweepAxis {
  std::string path, name;
};

struct SweepPoint {
  std::string name;           ///< "learning_rate=0.001,rank=8", fit for a folder; "" where only seeds vary
  std::vector<Value> values;  ///< one an axis
};

struct Sweep {
  Value recipe;  ///< without [sweep]
  std::vector<SweepAxis> axes;
  std::vector<SweepPoint> points;
  std::vector<int64_t> seeds;

  /// The recipe of one run.
  Value tree(const SweepPoint& point, int64_t seed) const;
  size_t runs() const { return points.size() * seeds.size(); }
};

/// Every point is checked as a recipe, without opening a file; all problems are one usage Error. Points are all of the grid, the
/// last list moving fastest, each with all draws. A draw is a function of sweep.seed, its path and its number, so more runs or
/// more paths leave the others what they were; draws that give a point a second time are dropped.
Sweep read_sweep(const Value& tree);

}  // namespace espalier
