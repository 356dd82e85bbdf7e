// The heads: sequence, tokens, masked LM, causal LM, sequence to sequence, sentence embedding, similarity of two embeddings.
#pragma once

#include "espalier/models/model.h"
#include "espalier/nn/drop.h"
#include "espalier/nn/linear.h"
#include "espalier/nn/norm.h"

namespace espalier {

/// y = out(drop(pooled)), pooled being act(dense(first row)) where the family's head has a layer for it: classes, several labels,
/// or regression targets.
class SequenceHead : public Head {
 public:
  SequenceHead(Model& model, HeadOptions options);
  Tensor operator()(const Tensor& hidden, const Batch& batch, Pass& pass) override;  ///< [B, C]
  bool first_rows() const override { return pools_first() && !reads_last(); }
  bool reads_pooler() const override { return options_.pooling == Pooling::pooler && dense == nullptr; }
  bool reads_decoder() const override { return dense != nullptr && model_.facts().decoder.has_value(); }
  /// What `out` reads, before its dropout: [B, D].
  Tensor features(const Tensor& hidden, Pass& pass);

  Drop drop;
  std::unique_ptr<Linear> dense;  ///< the family's own, under Pooling::pooler; else null
  Linear out;

 private:
  bool reads_last() const { return dense != nullptr && model_.facts().head_dense->last; }
};

/// y = (out(h₀) + distil(h₁)) / 2: the rows of the class token and of the distillation token, each with an output layer of its
/// own, the second having learned from a teacher. Touvron et al. 2021, 4.
class TeacherHead : public Head {
 public:
  TeacherHead(Model& model, HeadOptions options);
  Tensor operator()(const Tensor& hidden, const Batch& batch, Pass& pass) override;  ///< [B, C]

  Linear out, distil;
};

/// y = out(drop(hidden)), a row for each piece.
class TokenHead : public Head {
 public:
  TokenHead(Model& model, HeadOptions options);
  Tensor operator()(const Tensor& hidden, const Batch& batch, Pass& pass) override;  ///< [N, C]

  Drop drop;
  Linear out;
};

/// y = E norm(act(dense(h))) + b with the token table E tied; dense goes to the width of E.
class MaskedLmHead : public Head {
 public:
  MaskedLmHead(Model& model, HeadOptions options);
  Tensor operator()(const Tensor& hidden, const Batch& batch, Pass& pass) override;  ///< [N, V]

  Linear dense;
  LayerNorm norm;
  Linear vocabulary;
};

/// y = E (s h) + b, with E the token table or, untied, a matrix of its own; s and b where the family has them: row i scores the
/// piece behind it.
class CausalLmHead : public Head {
 public:
  CausalLmHead(Model& model, HeadOptions options);
  Tensor operator()(const Tensor& hidden, const Batch& batch, Pass& pass) override;  ///< [N, V]

  std::unique_ptr<Linear> vocabulary;
};

/// The same of the decoder's rows.
class Seq2SeqHead : public CausalLmHead {
 public:
  using CausalLmHead::CausalLmHead;
  bool reads_decoder() const override { return true; }
};

/// pooled / ‖pooled‖₂
class EmbedHead : public Head {
 public:
  using Head::Head;
  Tensor operator()(const Tensor& hidden, const Batch& batch, Pass& pass) override;  ///< [B, D]
  bool first_rows() const override { return pools_first(); }
  bool reads_pooler() const override { return options_.pooling == Pooling::pooler; }
};

/// cos(pooled a, pooled b) of the two texts of each example, encoded apart (Batch::pairs).
class SimilarityHead : public EmbedHead {
 public:
  using EmbedHead::EmbedHead;
  Tensor operator()(const Tensor& hidden, const Batch& batch, Pass& pass) override;  ///< [B]
};

}  // namespace espalier
