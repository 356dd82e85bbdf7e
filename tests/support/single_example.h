// One example of a batch as a batch of its own.
#pragma once

#include "espalier/nn/batch.h"
#include "espalier/nn/tensor.h"

namespace espalier::support {

/// Ids, segments and, where the batch has them, picture and class of example `i`.
inline Batch single_example(const Batch& batch, int64_t i) {
  Batch one;
  const int64_t first = batch.frame->offsets[size_t(i)], length = batch.frame->length(i);
  one.frame = make_frame({length});
  one.ids = batch.ids.narrow(0, first, length);
  one.segments = batch.segments.narrow(0, first, length);
  if (batch.pixels.defined()) one.pixels = batch.pixels.narrow(0, i, 1);
  if (batch.classes.defined()) one.classes = batch.classes.narrow(0, i, 1);
  one.examples = {0};
  return one;
}

}  // namespace espalier::support
