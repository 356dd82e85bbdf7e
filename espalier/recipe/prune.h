// [[prune]] at = "start": a mask that is chosen before the first step and stays. Over an adapter's weights it is SparseAdapter,
// and with `widen` its Large-Sparse form: k times the width, 1 / k of the numbers kept.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/pruning/mask.h"
#include "espalier/recipe/recipe.h"

namespace espalier {

struct PruneOptions : MaskOptions {
  PruneOptions() {
    on = "*/**.{down,up}.weight";
    scope = "global";
  }
  std::string at = "start";
  int64_t widen = 1;
  void fields(Fields& f);
};

/// The options of one [[prune]], checked and with defaults filled in; where `widen` is above 1 all but 1 / widen goes.
Value resolve_prune(const Value& prune, const std::string& path);
std::unique_ptr<Mask> make_mask(const Value& resolved, const std::string& path);
/// The methods that a widening [[prune]] is about get k times their width or rank; before resolve_prune, which folds `widen`.
void widen_methods(Recipe& recipe);

}  // namespace espalier
