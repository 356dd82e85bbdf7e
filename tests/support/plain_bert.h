// BERT's equations in plain ATen, one example at a time, with places where a test writes a method's equation: the oracle of
// methods. Reads the leaves of a model; dropout, hooks, packed rows and kernels of the library have no part in it.
#pragma once

#include <cmath>
#include <functional>
#include <string>

#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier::support {

class PlainBert {
 public:
  PlainBert(Model& model, int64_t layers, int64_t heads) : model_(model), layers_(layers), heads_(heads) {}

  Tensor leaf(const std::string& path) const { return model_.parameter_at(path).leaf().detach(); }
  Tensor affine(const Tensor& x, const std::string& path) const {
    return at::matmul(x, leaf(path + ".weight").t()) + leaf(path + ".bias");
  }
  Tensor norm(const Tensor& x, const std::string& path) const {
    const Tensor centred = x - x.mean(-1, true);
    const Tensor deviation = (centred.square().mean(-1, true) + 1e-12).sqrt();
    return centred / deviation * leaf(path + ".weight") + leaf(path + ".bias");
  }

  /// What a test may change. `branch`: "encoder.0.attention" or "encoder.0.ffn"; y what it gives, x what it is given.
  std::function<Tensor(const Tensor& rows)> embedded = [](const Tensor& rows) { return rows; };
  std::function<Tensor(const Tensor& x, const std::string& path)> linear = [this](const Tensor& x, const std::string& path) {
    return affine(x, path);
  };
  std::function<void(const std::string& branch, Tensor& key, Tensor& value)> keys = [](const std::string&, Tensor&, Tensor&) {};
  std::function<Tensor(const std::string& branch, const Tensor& y, const Tensor& x)> joined =
      [this](const std::string& branch, const Tensor& y, const Tensor& x) { return norm(y + x, branch + ".join.norm"); };
  int64_t first = 0;  ///< the row that is pooled

  /// [B, C] of a classifier on the pooler.
  Tensor logits(const Batch& batch) const {
    std::vector<Tensor> rows;
    for (int64_t i = 0; i < batch.size(); ++i) {
      const int64_t start = batch.frame->offsets[size_t(i)], length = batch.frame->length(i);
      const Tensor ids = batch.ids.narrow(0, start, length), segments = batch.segments.narrow(0, start, length);
      const Tensor pooled = hidden(ids, segments).select(0, first);
      rows.push_back(linear(at::tanh(linear(pooled, "pooler")), "head.main.out"));
    }
    return at::stack(rows, 0);
  }

 private:
  Tensor hidden(const Tensor& ids, const Tensor& segments) const {
    const Tensor sum = leaf("embed.token.weight").index_select(0, ids) + leaf("embed.segment.weight").index_select(0, segments) +
                       leaf("embed.position.weight").narrow(0, 0, ids.size(0));
    Tensor x = embedded(norm(sum, "embed.norm"));
    for (int64_t i = 0; i < layers_; ++i) {
      const std::string block = "encoder." + std::to_string(i);
      x = joined(block + ".attention", attention(x, block + ".attention"), x);
      const Tensor inner = at::gelu(linear(x, block + ".ffn.up"));
      x = joined(block + ".ffn", linear(inner, block + ".ffn.down"), x);
    }
    return x;
  }

  Tensor attention(const Tensor& x, const std::string& branch) const {
    const Tensor query = linear(x, branch + ".query");
    Tensor key = linear(x, branch + ".key"), value = linear(x, branch + ".value");
    keys(branch, key, value);
    const int64_t width = query.size(1), each = width / heads_;
    std::vector<Tensor> contexts;
    for (int64_t h = 0; h < heads_; ++h) {
      const auto part = [&](const Tensor& t) { return t.narrow(1, h * each, each); };
      const Tensor weights = at::softmax(at::matmul(part(query), part(key).t()) / std::sqrt(double(each)), -1);
      contexts.push_back(at::matmul(weights, part(value)));
    }
    return linear(at::cat(contexts, 1), branch + ".output");
  }

  Model& model_;
  int64_t layers_, heads_;
};

/// Random numbers, by path, in place of all that a method adds, so that nothing is hidden by a zero or a one.
inline void scramble(Modifier& modifier, double deviation = 0.3) {
  for (Parameter* p : modifier.parameters()) {
    const Tensor start = p->leaf().detach();
    init::normal(*p, deviation, 17, at::kDouble);
    p->set(start + p->leaf());
  }
}

/// max |a - b|
inline double apart(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

inline Tensor logits_of(Model& model, const Batch& batch) {
  at::NoGradGuard no_gradient;
  Pass pass;
  return model(batch, pass);
}

}  // namespace espalier::support
