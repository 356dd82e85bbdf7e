// PreNormBlock: two branches, each normed before its maps and added to the stream:
//   a = x + drop(attention(norm(x)));  y = a + drop(ffn(norm(a)))                      Radford et al. 2019, 2.3
// Of a decoder that reads an encoder's rows, between the two: b = a + drop(cross(norm(a))).
#pragma once

#include "espalier/nn/attention.h"
#include "espalier/nn/ffn.h"
#include "espalier/nn/residual.h"

namespace espalier {

struct PreNormOptions {
  AttentionOptions attention;
  FeedForwardOptions ffn;
  double drop = 0;                             ///< on what each branch adds to the stream
  std::optional<AttentionOptions> cross = {};  ///< absent: the block reads no encoder
};

class PreNormBlock : public Module {
 public:
  PreNormBlock(Module& parent, std::string_view name, const PreNormOptions& options);
  /// [N, D] -> [N, D]; each example's first row alone, [B, D], where Pass::first_rows says that no other is read, nothing is
  /// attached that may read them, and all rows see all.
  Tensor operator()(const Tensor& x, Pass& pass) const;

  Site site{*this, Unit::block};
  Attention attention;
  Drop attention_drop;
  Residual attention_join;
  std::unique_ptr<Attention> cross;  ///< null where there is none, as its dropout and join
  std::unique_ptr<Drop> cross_drop;
  std::unique_ptr<Residual> cross_join;
  FeedForward ffn;
  Drop ffn_drop;
  Residual ffn_join;

 private:
  bool causal_;
};

}  // namespace espalier
