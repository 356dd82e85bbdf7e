// Attention: y = output(softmax(q kᵀ / √dh) v), a group of examples of equal length at a time; three hooks for methods.
#pragma once

#include <cstdint>
#include <functional>

#include "espalier/nn/linear.h"

namespace espalier {

/// One group's heads, before the products. Hooks may replace any tensor: a prefix lengthens key and value.
struct Heads {
  Tensor query;       ///< [G, H, Tq, dh]
  Tensor key, value;  ///< [G, H, Tk, dh]
  Tensor bias;        ///< added to the scores, broadcastable to [G, H, Tq, Tk]; undefined = none
  Group group;        ///< which examples of the frame these are
};

using OnHeads = std::function<void(Heads&, Pass&)>;
using OnWeights = std::function<Tensor(const Tensor& weights, const Group&, Pass&)>;  ///< softmax output [G, H, Tq, Tk]
using OnContext = std::function<Tensor(const Tensor& context, const Group&, Pass&)>;  ///< per-head context [G, H, Tq, dh]

class Attention : public Module {
 public:
  /// `drop`: dropout probability on the attention weights.
  Attention(Module& parent, std::string_view name, int64_t width, int64_t heads, double drop);
  /// x [N, D] packed rows -> [N, D]. With `queries` [B, D], the only row of each example that asks: -> [B, D]; only where
  /// plain().
  Tensor operator()(const Tensor& x, Pass& pass, const Tensor* queries = nullptr) const;
  /// Whether nothing is attached to the site or to the heads.
  bool plain() const { return !site.wrapped() && on_heads_.empty() && on_weights_.empty() && on_context_.empty(); }

  /// Hooks run in the order of attaching. The fused kernels run where there is none.
  Hook on_heads(std::string label, OnHeads hook) { return on_heads_.attach(0, std::move(label), std::move(hook)); }
  Hook on_weights(std::string label, OnWeights hook) { return on_weights_.attach(0, std::move(label), std::move(hook)); }
  Hook on_context(std::string label, OnContext hook) { return on_context_.attach(0, std::move(label), std::move(hook)); }
  int64_t heads() const { return heads_; }

  Site site{*this, Unit::attention};
  Linear query, key, value, output;

 private:
  Tensor by_groups(const Tensor& query, const Tensor& key, const Tensor& value, const Frame& frame, Pass& pass) const;
  Tensor context(Heads heads, Pass& pass) const;

  int64_t heads_;
  double drop_;
  Attachments<OnHeads> on_heads_;
  Attachments<OnWeights> on_weights_;
  Attachments<OnContext> on_context_;
};

}  // namespace espalier
