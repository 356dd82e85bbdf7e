// What all primitives share: telling the recorder, forwards now and backwards through a hook on the output.
#pragma once

#include "espalier/nn/pass.h"
#include "espalier/nn/recorder.h"
#include "espalier/nn/tensor.h"

namespace espalier::op {

inline void record(Primitive primitive, const Tensor& output, Pass& pass) {
  if (pass.recorder == nullptr) return;
  primitive.frame = pass.frame;
  Recorder* recorder = pass.recorder;
  recorder->forward(primitive, pass);
  if (output.requires_grad() && recorder->wants_gradient(primitive)) {
    output.register_hook(
        [recorder, primitive = std::move(primitive)](const Tensor& gradient) { recorder->backward(primitive, gradient); });
  }
}

}  // namespace espalier::op
