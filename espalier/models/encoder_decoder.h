// EncoderDecoder: an encoder reads one text, a decoder writes another, each row of it seeing the rows before and all that the
// encoder made of the first text. Sutskever et al. 2014; Vaswani et al. 2017, 3.1. Both have a frame of their own.
#pragma once

#include "espalier/models/backbone.h"

namespace espalier {

class EncoderDecoder : public Backbone {
 public:
  using Backbone::Backbone;
  /// The decoder's rows where the batch has a target side, else the encoder's. With a cache that holds something the encoder is
  /// not run again.
  Tensor encode(const Batch& batch, Pass& pass) final;
  Tensor pooled(const Tensor& first, Pass&) override { return first; }
  std::shared_ptr<const Frame> frame_of(const Batch& batch) const override {
    return batch.target_frame ? batch.target_frame : batch.frame;
  }
  Batch read_again(const Batch& batch) const override;
  /// What the decoder reads to write `texts`: each one's start, then all but its last piece. -100 becomes padding.
  Tensor shifted(const Tensor& texts, const Frame& frame) const;

 protected:
  virtual Tensor read(const Tensor& ids, Pass& pass) = 0;   ///< the encoder: [N] -> [N, D]
  virtual Tensor write(const Tensor& ids, Pass& pass) = 0;  ///< the decoder, under Pass::memory: [M] -> [M, D]
};

}  // namespace espalier
