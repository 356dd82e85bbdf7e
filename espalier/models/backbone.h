// Backbone: one family's network, from packed ids to the last hidden rows. It reads like the paper's figure, names no method
// and no task.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "espalier/models/names.h"
#include "espalier/models/pooling.h"
#include "espalier/nn/activation.h"
#include "espalier/nn/batch.h"
#include "espalier/nn/module.h"
#include "espalier/nn/parameter.h"

namespace espalier {

/// A dense layer inside a family's sequence head, where BERT reads its backbone's pooler: act(W drop(first row) + b).
struct HeadDense {
  Activation activation = Activation::tanh;
  bool drop_before = true;  ///< the head's dropout stands before it too, not only behind it
  bool last = false;        ///< it reads each example's last row: of an encoder–decoder the decoder's
};

/// The decoder of an encoder–decoder.
struct DecoderFacts {
  std::optional<int64_t> start = {};  ///< the piece that a text starts with; absent: with its last one (mBART's language)
  int64_t padding = 0;                ///< what is read where a label does not count
};

/// The pictures that a backbone was made for; others may differ in height and width.
struct PictureFacts {
  int64_t channels = 3, height = 0, width = 0;
  int64_t patch_height = 0, patch_width = 0;
  bool distilled = false;  ///< the second row is a distillation token
};

/// What heads, readers and data need to know of a backbone.
struct BackboneFacts {
  int64_t width = 0;                           ///< D
  int64_t layers = 0;                          ///< blocks that run, a shared one as often as it does
  int64_t inner = 0;                           ///< width inside the feed-forward
  int64_t positions = 0;                       ///< longest sequence; 0 = no limit
  int64_t vocabulary = 0;                      ///< 0 = it reads no text
  std::optional<PictureFacts> pictures = {};   ///< absent: it reads no pictures
  int64_t segments = 1;                        ///< number of token types; 1 = segments are ignored
  double head_drop = 0;                        ///< dropout before a classifier
  std::optional<double> token_head_drop = {};  ///< where it differs before a classifier of pieces
  double initial_deviation = 0.02;             ///< of newly initialised weights
  double norm_epsilon = 1e-12;
  Activation head_activation = Activation::gelu;  ///< of the masked-LM transform
  Pooling own_pooling = Pooling::pooler;          ///< of the family's sequence head
  std::optional<HeadDense> head_dense = {};       ///< in the sequence head, under Pooling::pooler
  bool causal = false;                            ///< rows see only those before them: it predicts the next piece
  bool sequence_bias = true;                      ///< of the sequence head's output layer
  bool tied_output = true;                        ///< a language model's output layer is the token table
  std::optional<DecoderFacts> decoder = {};       ///< it is an encoder–decoder: its head's texts are written, not read
  double output_scale = 1;                        ///< of the rows before a language model's output layer
  bool output_bias = false;                       ///< of that layer
};

class Backbone : public Module {
 public:
  explicit Backbone(Module& model, BackboneFacts facts) : Module(model, ""), facts_(facts) {}
  const BackboneFacts& facts() const { return facts_; }
  /// The family's table: our paths <-> upstream's names, heads included.
  virtual const NameTable& names() const = 0;
  /// Which rows of its stack belong to which example: those of the batch's text, or of its pictures.
  virtual std::shared_ptr<const Frame> frame_of(const Batch& batch) const { return batch.frame; }
  /// -> last hidden rows [N, D]; where Pass::first_rows is set, it may be each example's first row alone, [B, D].
  virtual Tensor encode(const Batch& batch, Pass& pass) = 0;
  virtual Tensor pooled(const Tensor& first, Pass& pass) = 0;  ///< the family's pooler, [B, D] -> [B, D]; without one `first`
  virtual Parameter& token_table() = 0;                        ///< [V, D], for tied output layers
  /// Of an encoder–decoder: the batch with its own texts, shifted, as what the decoder reads.
  virtual Batch read_again(const Batch& batch) const { return batch; }
  /// Standard deviation of a newly initialised weight.
  virtual double initial_deviation(const Parameter&) const { return facts_.initial_deviation; }

 private:
  BackboneFacts facts_;
};

}  // namespace espalier
