// MergedLeaves: weights of the base into which a method was written, and what stood there before.
#pragma once

#include <string>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/nn/parameter.h"
#include "espalier/nn/site.h"

namespace espalier {

class Model;

class MergedLeaves {
 public:
  bool empty() const { return originals_.empty(); }
  /// `value` [the parameter's shape] in double, rounded once to the leaf's dtype.
  void put(Parameter& parameter, const Tensor& value);
  /// The very leaves from before; a usage Error, and nothing done, where one was changed since. `name`: the method's.
  void back(const std::string& name);

 private:
  struct Original {
    Parameter* parameter;
    Tensor leaf, merged;
    bool mapped;
  };
  std::vector<Original> originals_;
};

/// Adds a problem for each wrap at `site` of another method that is not merged itself: what it adds would not be scaled.
void add_foreign_wraps(Problems& problems, const Model& model, const Site& site, const std::string& name);

}  // namespace espalier
