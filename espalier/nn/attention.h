// Attention: y = output(softmax(q kᵀ / √dh) v), a group of examples of equal length at a time; three hooks for methods. Where the
// family asks for it: a norm before, rows that see only themselves and those before them, keys and values that several heads of
// the query share (Ainslie et al. 2023, 2.2), rotary positions, numbers added to the scores by distance; or keys and values of an
// encoder's rows (cross attention).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "espalier/nn/linear.h"
#include "espalier/nn/norm.h"
#include "espalier/nn/relative_bias.h"

namespace espalier {

/// One group's heads, before the products. Hooks may replace any tensor: a prefix lengthens key and value.
struct Heads {
  Tensor query;       ///< [G, H, Tq, dh]
  Tensor key, value;  ///< [G, H or fewer, Tk, dh]
  Tensor bias;        ///< added to the scores, broadcastable to [G, H, Tq, Tk]; undefined = none
  Group group;        ///< which examples of the frame these are
};

using OnHeads = std::function<void(Heads&, Pass&)>;
using OnWeights = std::function<Tensor(const Tensor& weights, const Group&, Pass&)>;  ///< softmax output [G, H, Tq, Tk]
using OnContext = std::function<Tensor(const Tensor& context, const Group&, Pass&)>;  ///< per-head context [G, H, Tq, dh]

struct AttentionOptions {
  int64_t width = 0, heads = 0;
  double drop = 0;                               ///< on the attention weights
  int64_t head_width = 0;                        ///< dh; 0 = width / heads
  int64_t key_heads = 0;                         ///< heads of keys and values; 0 = as many as the query's
  bool causal = false;                           ///< a row sees itself and the rows before it
  bool bias = true;                              ///< of the four linears
  std::optional<bool> output_bias = {};          ///< of the output, where it differs
  double scale = 0;                              ///< of the products; 0 = 1 / √dh
  double rotary = 0;                             ///< base of the rotary angles; 0 = none
  std::optional<NormOptions> norm = {};          ///< at the start of the branch
  bool cross = false;                            ///< keys and values are of Pass::memory
  bool biased = false;                           ///< Pass::bias is added to the scores
  std::optional<RelativeOptions> relative = {};  ///< it owns the table that its stack's biases are made from

  int64_t dh() const { return head_width > 0 ? head_width : width / heads; }
  int64_t kept_heads() const { return key_heads > 0 ? key_heads : heads; }
};

class Attention : public Module {
 public:
  Attention(Module& parent, std::string_view name, const AttentionOptions& options);
  Attention(Module& parent, std::string_view name, int64_t width, int64_t heads, double drop)
      : Attention(parent, name, {.width = width, .heads = heads, .drop = drop}) {}
  /// x [N, D] packed rows -> [N, D]. With `queries` [B, D], the only row of each example that asks: -> [B, D]; only where
  /// plain(), and no row is hidden from another.
  Tensor operator()(const Tensor& x, Pass& pass, const Tensor* queries = nullptr) const;
  /// Whether nothing is attached to the site or to the heads.
  bool plain() const { return !site.wrapped() && on_heads_.empty() && on_weights_.empty() && on_context_.empty(); }

  /// Hooks run in the order of attaching. The fused kernels run where there is none.
  Hook on_heads(std::string label, OnHeads hook) { return on_heads_.attach(0, std::move(label), std::move(hook)); }
  Hook on_weights(std::string label, OnWeights hook) { return on_weights_.attach(0, std::move(label), std::move(hook)); }
  Hook on_context(std::string label, OnContext hook) { return on_context_.attach(0, std::move(label), std::move(hook)); }
  int64_t heads() const { return options_.heads; }
  int64_t key_heads() const { return options_.kept_heads(); }
  bool cross() const { return options_.cross; }

  Site site{*this, Unit::attention};
  std::unique_ptr<Norm> norm;  ///< null where there is none
  Linear query, key, value, output;
  std::unique_ptr<RelativeBias> relative;  ///< null where there is none

 private:
  bool hooked() const { return !on_heads_.empty() || !on_weights_.empty() || !on_context_.empty(); }
  Tensor across(const Tensor& input, Pass& pass) const;
  /// `asking`: the frame of the queries; `frame`: that of keys and values, which are undefined where the cache holds them.
  Tensor by_groups(const Tensor& query, const Tensor& key, const Tensor& value, const Frame& asking, const Frame& frame,
                   Pass& pass) const;
  Tensor context(Heads heads, Pass& pass) const;

  AttentionOptions options_;
  Attachments<OnHeads> on_heads_;
  Attachments<OnWeights> on_weights_;
  Attachments<OnContext> on_context_;
};

}  // namespace espalier
