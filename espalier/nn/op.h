// The choke point: every primitive that reads a parameter. Each applies the parameter's edits, takes the fastest kernel
// for device and dtype, computes, and tells the recorder. Models and methods never choose a kernel.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "espalier/nn/activation.h"
#include "espalier/nn/parameter.h"
#include "espalier/nn/pass.h"

namespace espalier::op {

/// x Wᵀ + b. x [N, in], weight [out, in], bias [out] or null -> [N, out].
Tensor linear(const Tensor& x, const Parameter& weight, const Parameter* bias, Pass& pass);
/// Layer norm over the last axis: (x - mean) / sqrt(var + epsilon) ⊙ weight + bias.
Tensor layer_norm(const Tensor& x, const Parameter& weight, const Parameter& bias, double epsilon, Pass& pass);
/// layer_norm(stream + dropout(branch)): the end of a block's branch. branch, stream [N, D]; `key` is that of dropout's draw.
Tensor join_norm(const Tensor& branch, const Tensor& stream, const Parameter& weight, const Parameter& bias, double epsilon,
                 double drop, uint64_t key, Pass& pass);
/// weight[ids]. ids [N] int64, weight [V, D] -> [N, D].
Tensor lookup(const Tensor& ids, const Parameter& weight, Pass& pass);
/// x ⊙ s, s broadcast over rows. x [N, D], s [D] or [1].
Tensor scale(const Tensor& x, const Parameter& s, Pass& pass);
/// The rows of a [P, D] parameter once for each example of the frame: [B·P, D].
Tensor spread(const Parameter& rows, Pass& pass);

/// Inverted dropout on the counter-based generator: nothing is stored, a replay with the same key draws the same bits.
Tensor dropout(const Tensor& x, double probability, uint64_t key, Pass& pass);
Tensor activate(const Tensor& x, Activation kind, Pass& pass);

}  // namespace espalier::op
