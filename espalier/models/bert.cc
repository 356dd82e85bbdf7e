#include "espalier/models/bert.h"

#include "espalier/nn/tensor.h"

namespace espalier {

Bert::Bert(Module& model, const EncoderConfig& c)
    : Backbone(model, c.facts()), embed(*this, c), encoder(*this, "encoder"), pooler(*this, "pooler", c.width, c.width) {
  for (int64_t i = 0; i < c.layers; ++i) encoder.add(c.block());
}

Tensor Bert::encode(const Batch& batch, Pass& pass) { return encoder(embed(batch, pass), pass); }

Tensor Bert::pooled(const Tensor& first, Pass& pass) { return at::tanh(pooler(first, pass)); }

}  // namespace espalier
