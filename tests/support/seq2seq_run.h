// Runs an encoder–decoder on packed rows as tools/oracle/seq2seq_rows.py does: every block's rows, output, loss and all gradients
// by upstream's names.
#pragma once

#include "tests/support/bert_run.h"

namespace espalier::support {

/// `ids` [N], `lengths` [B] and, of a target side, `labels` [M], `target_lengths` [B].
inline Batch packed_pairs(const Tensors& inputs) {
  Tensors all = inputs;
  all["segments"] = at::zeros_like(inputs.at("ids"));
  Batch batch = packed_batch(all);
  if (!inputs.contains("target_lengths")) return batch;
  const Tensor lengths = inputs.at("target_lengths").contiguous();
  batch.target_frame = make_frame({lengths.data_ptr<int64_t>(), lengths.data_ptr<int64_t>() + lengths.numel()});
  batch.tokens = inputs.at("labels");
  return batch;
}

/// hidden.<stack>.<i>, logits or embedding, loss, grad.<name>.
inline Tensors run_seq2seq(Model& model, const Tensors& inputs, const std::string& loss_kind) {
  Tensors out;
  std::vector<Hook> taps;
  for (Site* site : model.sites("{encoder,decoder}.*")) {
    if (site->unit() != Unit::block) continue;
    taps.push_back(site->wrap(WrapOrder::tap, "test", [&out, site](const Tensor& x, Next next, Pass&) {
      Tensor y = next(x);
      out["hidden." + site->path()] = y.detach();
      return y;
    }));
  }
  for (Parameter* p : model.base_parameters()) p->train(true);
  Pass pass;
  const Tensor output = model(packed_pairs(inputs), pass);
  add_outcome(model, output, inputs.at("labels"), loss_kind, out);
  return out;
}

}  // namespace espalier::support
