// Continuation: several texts that a decoder reads on with, each row once: what was read stands in a cache.
#pragma once

#include "espalier/models/generate.h"
#include "espalier/nn/cache.h"

namespace espalier {

class Continuation {
 public:
  explicit Continuation(Model& model) : model_(model) {}
  /// Reads further pieces of each text; -> scores of the piece behind each, [S, V] float32.
  Tensor read(const std::vector<Ids>& fresh);
  /// Goes on with texts order[0], order[1], …, as often as each is named.
  void keep(const std::vector<int64_t>& order);

 private:
  Model& model_;
  Cache cache_;
  std::vector<int64_t> lengths_;  // pieces read of each text
};

}  // namespace espalier
