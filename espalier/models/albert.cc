#include "espalier/models/albert.h"

#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

BackboneFacts facts_of(const AlbertConfig& c) {
  BackboneFacts facts = c.facts();
  facts.layers = c.layers * c.inner_groups;
  return facts;
}

/// The block of each run: layer i is that of group ⌊i · groups / layers⌋, in the arithmetic of the reference.
std::vector<size_t> order_of(const AlbertConfig& c) {
  std::vector<size_t> order;
  for (int64_t i = 0; i < c.layers; ++i) {
    const auto group = int64_t(double(i) / (double(c.layers) / double(c.groups)));
    for (int64_t j = 0; j < c.inner_groups; ++j) order.push_back(size_t(group * c.inner_groups + j));
  }
  return order;
}

}  // namespace

Albert::Albert(Module& model, const AlbertConfig& c)
    : Backbone(model, facts_of(c)),
      embed(*this, c, true),
      encoder(*this, "encoder"),
      pooler(*this, "pooler", c.width, c.width),
      names_(albert_names(c)) {
  PostNormOptions block = c.block();
  block.ffn_drop = 0;
  for (int64_t i = 0; i < c.groups * c.inner_groups; ++i) encoder.add(block);
  encoder.run_in_order(order_of(c));
}

Tensor Albert::encode(const Batch& batch, Pass& pass) { return encoder(embed(batch, pass), pass); }

Tensor Albert::pooled(const Tensor& first, Pass& pass) { return at::tanh(pooler(first, pass)); }

}  // namespace espalier
