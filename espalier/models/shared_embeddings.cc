#include "espalier/models/shared_embeddings.h"

#include "espalier/nn/tensor.h"

namespace espalier {

SharedEmbeddings::SharedEmbeddings(Module& parent, const SharedEmbeddingsOptions& o, const Embedding* other)
    : Module(parent, "embed"),
      token(other == nullptr ? std::make_unique<Embedding>(*this, "token", o.vocabulary, o.width) : nullptr),
      position(o.positions > 0 ? std::make_unique<Embedding>(*this, "position", o.positions, o.width) : nullptr),
      norm(o.norm ? make_norm(*this, "norm", o.width, *o.norm) : nullptr),
      drop(*this, "drop", o.drop),
      table_(other == nullptr ? token->weight : other->weight),
      first_position_(o.first_position),
      scale_(o.scale) {}

Tensor SharedEmbeddings::operator()(const Tensor& x, Pass& pass) const {
  return site.run(x, pass, [&](const Tensor& ids) {
    Tensor rows = token ? (*token)(ids, pass) : op::lookup(ids, table_, pass);
    if (scale_ != 1) rows = rows * scale_;
    if (position) rows = rows + (*position)(pass.frame->positions + first_position_, pass);
    return drop(norm ? (*norm)(rows, pass) : rows, pass);
  });
}

}  // namespace espalier
