// Batch: the packed rows of a few examples and what is known about each of them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "espalier/nn/frame.h"

namespace espalier {

struct Batch {
  Tensor ids;                          ///< [N] int64
  Tensor segments;                     ///< [N] int64, token types
  std::shared_ptr<const Frame> frame;  ///< sequences, sorted by length so that equal ones stand together
  Tensor pixels;                       ///< [B, channels, height, width]: a picture for each example; else undefined
  Tensor pairs;  ///< [B, 2] int64: sequences of example i's two texts where they are encoded apart; else undefined

  // The target side of a sequence-to-sequence task: what the decoder reads, and whose rows these are.
  std::shared_ptr<const Frame> target_frame;  ///< null where there is none; examples stand as in `frame`
  Tensor target;                              ///< [M] int64; undefined: `tokens` shifted right

  // Targets: those that the task has; the others stay undefined.
  Tensor classes;    ///< [B] int64; -100 = none
  Tensor values;     ///< [B, C] regression targets
  Tensor multi_hot;  ///< [B, C] 0 or 1
  Tensor tokens;     ///< [N] int64 class or id of each row; -100 = none. Where there is a target side, [M] of its rows

  std::vector<int64_t> examples;  ///< [B] index of each example in its data set, for restoring order and naming rows

  /// The frame of `tokens`.
  const Frame& token_frame() const { return target_frame ? *target_frame : *frame; }
  int64_t size() const { return static_cast<int64_t>(examples.size()); }
};

}  // namespace espalier
