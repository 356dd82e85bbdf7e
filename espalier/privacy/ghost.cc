#include "espalier/privacy/ghost.h"

#include "espalier/base/error.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

/// Rows of a group of examples of equal length: [N, ...] -> [G, T, ...].
Tensor of_group(const Tensor& rows, const Group& group) {
  auto shape = rows.sizes().vec();
  shape.erase(shape.begin());
  shape.insert(shape.begin(), {group.count, group.length});
  return rows.narrow(0, group.row, group.count * group.length).reshape(shape).to(at::kDouble);
}

/// Squared norms of one read, of the weight or (`bias`) of the bias, for the examples of one group: [G].
Tensor ghost(const Primitive& p, const Tensor& gradient, const Group& group, bool bias) {
  const Tensor g = of_group(gradient, group);  // [G, T, out]
  if (bias) return g.sum(1).square().sum(1);
  switch (p.kind) {
    case PrimitiveKind::linear: {
      const Tensor a = of_group(p.input, group);  // [G, T, in]
      return (at::bmm(a, a.transpose(1, 2)) * at::bmm(g, g.transpose(1, 2))).sum({1, 2});
    }
    case PrimitiveKind::norm:
      return (g * of_group(p.input, group)).sum(1).square().sum(1);
    case PrimitiveKind::lookup: {
      const Tensor ids = p.input.narrow(0, group.row, group.count * group.length).view({group.count, group.length});
      const Tensor same = ids.unsqueeze(2).eq(ids.unsqueeze(1)).to(at::kDouble);  // [G, T, T]
      return (same * at::bmm(g, g.transpose(1, 2))).sum({1, 2});
    }
    case PrimitiveKind::scale: {
      const Tensor product = (g * of_group(p.input, group)).sum(1);  // [G, D]
      return (p.weight->size() == 1 ? product.sum(1, true) : product).square().sum(1);
    }
    case PrimitiveKind::spread:
      return g.square().sum({1, 2});
  }
  throw bug_error("primitive {} has no per-example norm", int(p.kind));
}

/// The gradient of example `i` itself, of the parameter's shape.
Tensor materialised(const Primitive& p, const Tensor& gradient, int64_t first, int64_t count, bool bias) {
  const Tensor g = gradient.narrow(0, first, count).to(at::kDouble);  // [T, out]
  if (bias) return g.sum(0);
  switch (p.kind) {
    case PrimitiveKind::linear:
      return at::mm(g.t(), p.input.narrow(0, first, count).to(at::kDouble));
    case PrimitiveKind::norm:
    case PrimitiveKind::scale: {
      const Tensor product = (g * p.input.narrow(0, first, count).to(at::kDouble)).sum(0);
      return p.weight->size() == 1 ? product.sum().reshape({1}) : product;
    }
    case PrimitiveKind::lookup:
      return at::zeros(p.weight->shape(), at::kDouble).index_add(0, p.input.narrow(0, first, count), g);
    case PrimitiveKind::spread:
      return g;
  }
  throw bug_error("primitive {} has no per-example gradient", int(p.kind));
}

}  // namespace

GhostNorms::GhostNorms(std::span<Parameter* const> parameters) {
  for (const Parameter* p : parameters) reads_[p];
}

bool GhostNorms::counts(const Parameter* parameter) const { return parameter != nullptr && reads_.contains(parameter); }

bool GhostNorms::wants_gradient(const Primitive& p) { return counts(p.weight) || counts(p.bias); }

void GhostNorms::backward(const Primitive& p, const Tensor& gradient) {
  for (const Parameter* parameter : {p.weight, p.bias}) {
    if (counts(parameter)) reads_[parameter].push_back({p, gradient.detach()});
  }
}

Tensor GhostNorms::squared_norms(int64_t examples) {
  Tensor norms = at::zeros({examples}, at::kDouble);
  for (const auto& [parameter, reads] : reads_) {
    if (reads.empty()) continue;
    if (reads.size() == 1 && !parameter->edited()) {
      at::NoGradGuard no_gradient;
      const Read& read = reads[0];
      for (const Group& group : read.primitive.frame->groups()) {
        norms.narrow(0, group.first, group.count) +=
            ghost(read.primitive, read.gradient, group, parameter == read.primitive.bias);
      }
      continue;
    }
    Pass pass;
    const Tensor value = (*parameter)(pass);
    for (int64_t i = 0; i < examples; ++i) {
      Tensor sum = at::zeros(parameter->shape(), at::kDouble);
      for (const Read& read : reads) {
        const Frame& frame = *read.primitive.frame;
        sum += materialised(read.primitive, read.gradient, frame.offsets[size_t(i)], frame.length(i),
                            parameter == read.primitive.bias);
      }
      if (parameter->edited()) {  // the chain through the edits, W -> Q(W ⊙ M)
        sum = torch::autograd::grad({value}, {parameter->leaf()}, {sum.to(value.scalar_type())}, true)[0].to(at::kDouble);
      }
      norms[i] += sum.square().sum();
    }
  }
  return norms;
}

}  // namespace espalier
