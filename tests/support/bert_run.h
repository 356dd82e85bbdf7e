// Runs a model on packed rows as the reference scripts do: hidden rows, output, loss and all gradients by upstream's names.
#pragma once

#include <map>
#include <string>

#include "espalier/base/error.h"
#include "espalier/io/safetensors.h"
#include "espalier/models/leaf.h"
#include "espalier/models/model.h"
#include "espalier/models/save.h"
#include "espalier/nn/tensor.h"

namespace espalier::support {

using Tensors = std::map<std::string, Tensor>;

inline Tensors all_tensors(const Safetensors& file) {
  Tensors tensors;
  for (const auto& [name, view] : file.tensors()) tensors[name] = tensor_of(view, *scalar_type(view.dtype)).clone();
  return tensors;
}

/// `<prefix>ids`, `segments` [N], `lengths` [B], packed; or `<prefix>pixels` [B, C, H, W].
inline Batch packed_batch(const Tensors& inputs, const std::string& prefix = "") {
  Batch batch;
  if (inputs.contains(prefix + "pixels")) {
    batch.pixels = inputs.at(prefix + "pixels");
    for (int64_t i = 0; i < batch.pixels.size(0); ++i) batch.examples.push_back(i);
    return batch;
  }
  batch.ids = inputs.at(prefix + "ids");
  batch.segments = inputs.at(prefix + "segments");
  const Tensor lengths = inputs.at(prefix + "lengths").contiguous();
  batch.frame = make_frame({lengths.data_ptr<int64_t>(), lengths.data_ptr<int64_t>() + lengths.numel()});
  for (int64_t i = 0; i < lengths.numel(); ++i) batch.examples.push_back(i);
  return batch;
}

inline Tensor mean_loss(const Tensor& output, const Tensor& labels, const std::string& kind) {
  if (kind == "cross_entropy") return at::cross_entropy_loss(output, labels);
  if (kind == "mse") return at::mse_loss(output.flatten(), labels.flatten());
  if (kind == "bce") return at::binary_cross_entropy_with_logits(output, labels);
  if (kind == "dot") return (output * labels).sum(1).mean();
  throw usage_error("loss '{}' is unknown", kind);
}

/// Laid out as upstream's file has the weight: a fused layer's whole, transposed where that is.
inline Tensor stored_gradient(Model& model, const Parameter& parameter) {
  const Stored place = stored(model.names(), parameter.path()).value();
  std::vector<Tensor> rows;
  for (const std::string& part : place.parts) rows.push_back(model.parameter_at(part).leaf().grad());
  const Tensor gradient = rows.empty() ? parameter.leaf().grad() : at::cat(rows, 0);
  const Tensor turned = (place.transposed ? gradient.t() : gradient).contiguous();
  return place.shape.empty() ? turned : turned.view(place.shape);
}

/// Goes back from the loss over `output` and adds logits or embedding, loss, and grad.<name> to `out`.
inline void add_outcome(Model& model, const Tensor& output, const Tensor& labels, const std::string& loss_kind, Tensors& out) {
  const Tensor loss = mean_loss(output, labels, loss_kind);
  torch::autograd::backward({loss}, {});
  const bool embed = model.head()->options().kind == HeadKind::embed;
  out[embed ? "embedding" : "logits"] = output.detach();
  out["loss"] = loss.detach().reshape({1});
  for (Parameter* p : model.base_parameters()) {
    if (p->leaf().grad().defined()) out["grad." + saved_name(model, p->path())] = stored_gradient(model, *p);
  }
}

/// hidden.<i>, logits or embedding, loss, grad.<name>.
inline Tensors run_bert(Model& model, const Tensors& inputs, const std::string& loss_kind) {
  Tensors out;
  std::vector<Hook> taps;
  auto tap = [&](Site& site, const std::string& name) {
    taps.push_back(site.wrap(WrapOrder::tap, "test", [&out, name](const Tensor& x, Next next, Pass&) {
      Tensor y = next(x);
      out[name] = y.detach();
      return y;
    }));
  };
  tap(model.site_at("embed"), "hidden.0");
  int64_t runs = 0;  // a shared block runs several times
  for (Site* site : model.sites("{encoder,decoder}.*")) {
    if (site->path() == "decoder.norm") tap(*site, "hidden." + std::to_string(model.facts().layers));
    if (site->unit() != Unit::block) continue;
    taps.push_back(site->wrap(WrapOrder::tap, "test", [&out, &runs](const Tensor& x, Next next, Pass&) {
      Tensor y = next(x);
      out["hidden." + std::to_string(++runs)] = y.detach();
      return y;
    }));
  }
  for (Parameter* p : model.base_parameters()) p->train(true);
  Pass pass;
  const Tensor output = model(packed_batch(inputs), pass);
  add_outcome(model, output, inputs.at("labels"), loss_kind, out);
  return out;
}

inline HeadKind head_of_case(const std::string& name) {
  if (name == "sequence" || name == "teacher") return HeadKind::classify;
  if (name == "regression") return HeadKind::regress;
  if (name == "mlm") return HeadKind::masked_lm;
  return head_kind(name);
}

/// max |a - b|
inline double distance(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

}  // namespace espalier::support
