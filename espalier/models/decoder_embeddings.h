// DecoderEmbeddings: y = drop(token[id] + position[p]); positions where the family learns them.
#pragma once

#include <memory>

#include "espalier/nn/batch.h"
#include "espalier/nn/drop.h"
#include "espalier/nn/embedding.h"

namespace espalier {

class DecoderEmbeddings : public Module {
 public:
  /// `positions`: rows of the position table; 0 = none.
  DecoderEmbeddings(Module& parent, int64_t vocabulary, int64_t positions, int64_t width, double drop);
  Tensor operator()(const Batch& batch, Pass& pass) const;  ///< -> [N, D]

  Site site{*this, Unit::embedding};
  Embedding token;
  std::unique_ptr<Embedding> position;  ///< null where there is none
  Drop drop;
};

}  // namespace espalier
