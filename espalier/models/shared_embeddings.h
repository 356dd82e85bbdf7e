// SharedEmbeddings: y = drop(norm(s · token[id] + position[p + first])); positions and the norm where the family has them.
// Encoder and decoder have one each, over one token table, which the encoder's owns. Vaswani et al. 2017, 3.4.
#pragma once

#include <memory>

#include "espalier/nn/drop.h"
#include "espalier/nn/embedding.h"
#include "espalier/nn/norm.h"

namespace espalier {

struct SharedEmbeddingsOptions {
  int64_t vocabulary = 0, width = 0;
  int64_t positions = 0;       ///< rows of the position table; 0 = none
  int64_t first_position = 0;  ///< the row of an example's first piece
  double scale = 1;
  std::optional<NormOptions> norm = {};
  double drop = 0;
};

class SharedEmbeddings : public Module {
 public:
  /// `token`: whose table is read, without its place; null: it owns one.
  SharedEmbeddings(Module& parent, const SharedEmbeddingsOptions& options, const Embedding* token = nullptr);
  Tensor operator()(const Tensor& ids, Pass& pass) const;  ///< [N] -> [N, D]

  Site site{*this, Unit::embedding};
  std::unique_ptr<Embedding> token;  ///< null where the table is another one's
  std::unique_ptr<Embedding> position;
  std::unique_ptr<Norm> norm;
  Drop drop;

 private:
  const Parameter& table_;
  int64_t first_position_;
  double scale_;
};

}  // namespace espalier
