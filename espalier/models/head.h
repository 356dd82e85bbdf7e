// Head: from the last hidden rows to what a task wants. Its places are head.<name>[.dense|.norm|.drop|.out].
#pragma once

#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/models/names.h"
#include "espalier/models/pooling.h"
#include "espalier/nn/batch.h"
#include "espalier/nn/module.h"
#include "espalier/nn/pass.h"

namespace espalier {

class Model;

enum class HeadKind : uint8_t { none, classify, multi_label, regress, tokens, masked_lm, causal_lm, seq2seq, embed, similarity };
const char* head_name(HeadKind kind);
/// Throws a usage Error naming the nearest.
HeadKind head_kind(const std::string& name);
/// Classes, several labels or numbers from one row an example.
bool is_sequence(HeadKind kind);

struct HeadOptions {
  HeadKind kind = HeadKind::none;
  std::vector<std::string> labels;       ///< class names by id; for regress the names of the targets (one by default)
  Pooling pooling = Pooling::automatic;  ///< of sequence heads
  bool teacher = false;                  ///< of classify: a second output layer reads each example's second row, as DeiT's does
  std::optional<bool> tied = {};         ///< a language model's output layer is the token table; absent: as the family has it
  double drop = -1;                      ///< before the output layer; -1 = the model's own classifier or hidden dropout
};

class Head : public Module {
 public:
  Head(Model& model, HeadOptions options);
  const HeadOptions& options() const { return options_; }
  /// hidden [N, D] -> sequence heads [B, C]; tokens [N, C]; masked_lm, causal_lm and seq2seq [N, V]; embed [B, D] (unit length);
  /// similarity [B] (cosine).
  virtual Tensor operator()(const Tensor& hidden, const Batch& batch, Pass& pass) = 0;
  /// Whether it reads nothing but each example's first hidden row, and takes those rows alone, [B, D], as well.
  virtual bool first_rows() const { return false; }
  /// Whether it reads the decoder's rows, of an encoder–decoder; else the encoder is run alone.
  virtual bool reads_decoder() const { return false; }
  /// Whether it reads the backbone's pooler.
  virtual bool reads_pooler() const { return false; }

 protected:
  /// Whether the pooling is that of the first row.
  bool pools_first() const { return options_.pooling == Pooling::first || options_.pooling == Pooling::pooler; }

  Model& model_;
  HeadOptions options_;
};

HeadUse head_use(const HeadOptions& head);

/// Makes the head named "main" of `model`. Pooling::automatic has been resolved before. A language model of the other direction
/// is an unsupported Error.
std::unique_ptr<Head> make_head(Model& model, const HeadOptions& options);

}  // namespace espalier
