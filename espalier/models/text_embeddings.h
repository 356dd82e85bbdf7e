// TextEmbeddings: y = project(drop(norm(token[id] + position[p] + segment[s]))); segments and the projection where a family has
// them. Devlin et al. 2019, fig. 2; the projection of narrow tables: Lan et al. 2020, 3.1.
#pragma once

#include <memory>

#include "espalier/models/encoder_config.h"
#include "espalier/nn/embedding.h"

namespace espalier {

class TextEmbeddings : public Module {
 public:
  /// `projected`: from the tables' width to the stream's.
  TextEmbeddings(Module& parent, const EncoderConfig& config, bool projected = false);
  Tensor operator()(const Batch& batch, Pass& pass) const;  ///< -> [N, D]

  Site site{*this, Unit::embedding};
  Embedding token, position;
  std::unique_ptr<Embedding> segment;  ///< null where the family has none; a table of one row gives it to all
  LayerNorm norm;
  Drop drop;
  std::unique_ptr<Linear> project;

 private:
  int64_t first_position_;
};

}  // namespace espalier
