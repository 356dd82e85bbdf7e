// Embedding: rows of a table.
#pragma once

#include "espalier/nn/module.h"
#include "espalier/nn/op.h"
#include "espalier/nn/site.h"

namespace espalier {

class Embedding : public Module {
 public:
  Embedding(Module& parent, std::string_view name, int64_t rows, int64_t width)
      : Module(parent, name), weight(*this, "weight", {rows, width}) {}
  /// ids [N] int64 -> [N, D]
  Tensor operator()(const Tensor& ids, Pass& pass) const {
    return site.run(ids, pass, [&](const Tensor& input) { return op::lookup(input, weight, pass); });
  }

  Site site{*this, Unit::embedding};
  Parameter weight;
};

}  // namespace espalier
