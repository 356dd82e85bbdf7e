// PostNormBlock: two branches, each joined to the stream and normed after it:
//   a = norm(x + drop(attention(x)));  y = norm(a + drop(ffn(a)))                      Vaswani et al. 2017, 3.1
// Of a decoder, whose rows see only those before them, between the two: b = norm(a + drop(cross(a))).
#pragma once

#include "espalier/nn/attention.h"
#include "espalier/nn/ffn.h"

namespace espalier {

struct PostNormOptions {
  int64_t width = 0, heads = 0, inner = 0;
  double weights_drop = 0;    ///< dropout on the attention weights
  double attention_drop = 0;  ///< on what the attention branch adds to the stream
  double ffn_drop = 0;        ///< on what the feed-forward branch adds
  double norm_epsilon = 1e-12;
  Activation activation = Activation::gelu;
  double inner_drop = 0;  ///< inside the feed-forward branch
  bool decoder = false;   ///< causal, and it reads an encoder
};

class PostNormBlock : public Module {
 public:
  PostNormBlock(Module& parent, std::string_view name, const PostNormOptions& options);
  /// [N, D] -> [N, D]; each example's first row alone, [B, D], where Pass::first_rows says that no other is read and nothing is
  /// attached that may read them.
  Tensor operator()(const Tensor& x, Pass& pass) const;

  Site site{*this, Unit::block};
  Attention attention;
  Drop attention_drop;
  Join attention_join;
  std::unique_ptr<Attention> cross;  ///< null where there is none, as its dropout and join
  std::unique_ptr<Drop> cross_drop;
  std::unique_ptr<Join> cross_join;
  FeedForward ffn;
  Drop ffn_drop;
  Join ffn_join;
};

}  // namespace espalier
