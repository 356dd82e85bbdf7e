#include "espalier/models/heads.h"

#include "espalier/base/error.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

/// One row per example through the model's pooling; `pooler` adds the family's dense layer.
Tensor pooled_rows(Model& model, Pooling pooling, const Tensor& hidden, Pass& pass) {
  const Tensor rows = pool(hidden, pooling, pass);
  FrameScope scope(pass, pooled_frame(rows.size(0)));
  return pooling == Pooling::pooler ? model.backbone().pooled(rows, pass) : rows;
}

int64_t outputs(const HeadOptions& options) { return std::max<int64_t>(1, int64_t(options.labels.size())); }

}  // namespace

SequenceHead::SequenceHead(Model& model, HeadOptions options)
    : Head(model, std::move(options)),
      drop(*this, "drop", options_.drop),
      dense(options_.pooling == Pooling::pooler && model.facts().head_dense
                ? std::make_unique<Linear>(*this, "dense", model.width(), model.width())
                : nullptr),
      out(*this, "out", model.width(), outputs(options_), model.facts().sequence_bias) {}

Tensor SequenceHead::features(const Tensor& hidden, Pass& pass) {
  if (dense == nullptr) return pooled_rows(model_, options_.pooling, hidden, pass);
  const HeadDense own = model_.facts().head_dense.value();
  const Tensor rows = pool(hidden, own.last ? Pooling::last : Pooling::first, pass);
  FrameScope scope(pass, pooled_frame(rows.size(0)));
  return op::activate((*dense)(own.drop_before ? drop(rows, pass) : rows, pass), own.activation, pass);
}

Tensor SequenceHead::operator()(const Tensor& hidden, const Batch&, Pass& pass) {
  const Tensor rows = features(hidden, pass);
  FrameScope scope(pass, pooled_frame(rows.size(0)));
  return out(drop(rows, pass), pass);
}

TeacherHead::TeacherHead(Model& model, HeadOptions options)
    : Head(model, std::move(options)),
      out(*this, "out", model.width(), outputs(options_)),
      distil(*this, "distil", model.width(), outputs(options_)) {}

Tensor TeacherHead::operator()(const Tensor& hidden, const Batch&, Pass& pass) {
  const Tensor first = pass.frame->first_rows();
  FrameScope scope(pass, pooled_frame(first.size(0)));
  return (out(hidden.index_select(0, first), pass) + distil(hidden.index_select(0, first + 1), pass)) / 2;
}

TokenHead::TokenHead(Model& model, HeadOptions options)
    : Head(model, std::move(options)), drop(*this, "drop", options_.drop), out(*this, "out", model.width(), outputs(options_)) {}

Tensor TokenHead::operator()(const Tensor& hidden, const Batch&, Pass& pass) { return out(drop(hidden, pass), pass); }

MaskedLmHead::MaskedLmHead(Model& model, HeadOptions options)
    : Head(model, std::move(options)),
      dense(*this, "dense", model.width(), model.backbone().token_table().shape()[1]),
      norm(*this, "norm", model.backbone().token_table().shape()[1], model.facts().norm_epsilon),
      vocabulary(*this, "vocabulary", model.backbone().token_table()) {}

Tensor MaskedLmHead::operator()(const Tensor& hidden, const Batch&, Pass& pass) {
  return vocabulary(norm(op::activate(dense(hidden, pass), model_.facts().head_activation, pass), pass), pass);
}

CausalLmHead::CausalLmHead(Model& model, HeadOptions options) : Head(model, std::move(options)) {
  Parameter& table = model.backbone().token_table();
  const bool bias = model.facts().output_bias;
  vocabulary = options_.tied.value_or(model.facts().tied_output)
                   ? std::make_unique<Linear>(*this, "vocabulary", table, bias)
                   : std::make_unique<Linear>(*this, "vocabulary", table.shape()[1], table.shape()[0], bias);
}

Tensor CausalLmHead::operator()(const Tensor& hidden, const Batch&, Pass& pass) {
  const double scale = model_.facts().output_scale;
  return (*vocabulary)(scale == 1 ? hidden : hidden * scale, pass);
}

Tensor EmbedHead::operator()(const Tensor& hidden, const Batch&, Pass& pass) {
  const Tensor rows = pooled_rows(model_, options_.pooling, hidden, pass);
  return rows / rows.norm(2, {1}, true).clamp_min(1e-12);
}

Tensor SimilarityHead::operator()(const Tensor& hidden, const Batch& batch, Pass& pass) {
  if (!batch.pairs.defined()) throw bug_error("the similarity head needs two texts an example, encoded apart");
  const Tensor unit = EmbedHead::operator()(hidden, batch, pass);
  return (unit.index_select(0, batch.pairs.select(1, 0)) * unit.index_select(0, batch.pairs.select(1, 1))).sum(1);
}

}  // namespace espalier
