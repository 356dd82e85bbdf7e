// KeptBase: one base model in memory for several runs in turn, each of which finds it as if it had just been read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/recipe/build.h"

namespace espalier {

class KeptBase {
 public:
  /// The base from `folder` with the plan's head and methods, bit for bit as build_model gives it; taken from memory where the
  /// last plan had the same base and head. It lives until the next call.
  Model& open(const Plan& plan, const fs::path& folder, const Task& task, Log& log);

 private:
  void restore(uint64_t seed);

  struct Original {
    Parameter* parameter;
    Tensor leaf;  ///< undefined: newly initialised from each run's seed
  };
  std::string key_;
  std::unique_ptr<Model> model_;
  std::vector<Original> originals_;
};

}  // namespace espalier
