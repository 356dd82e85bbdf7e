// Continuation: several texts that a decoder reads on with, each row once: what was read stands in a cache.
#pragma once

#include "espalier/models/generate.h"
#include "espalier/nn/cache.h"

namespace espalier {

class Continuation {
 public:
  /// `sources`: what the encoder of an encoder–decoder reads for each text, once; else none.
  explicit Continuation(Model& model, std::vector<Ids> sources = {}) : model_(model), sources_(std::move(sources)) {}
  /// Reads further pieces of each text; -> scores of the piece behind each, [S, V] float32.
  Tensor read(const std::vector<Ids>& fresh);
  /// Goes on with texts order[0], order[1], …, as often as each is named.
  void keep(const std::vector<int64_t>& order);

 private:
  Model& model_;
  std::vector<Ids> sources_;
  Cache cache_;
  std::vector<int64_t> lengths_;  // pieces read of each text
};

}  // namespace espalier
