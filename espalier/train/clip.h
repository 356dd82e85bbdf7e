// Gradient clipping by global norm: g <- g min(1, limit / (|g| + 1e-6)), as torch.nn.utils.clip_grad_norm_.
#pragma once

#include <span>

namespace espalier {

class Parameter;

/// L2 norm over all gradients of `trained` together; those without a gradient count nothing. NaN or infinite when any is.
double gradient_norm(std::span<Parameter* const> trained);
/// Returns the norm before clipping. limit <= 0: only the norm.
double clip_gradients(std::span<Parameter* const> trained, double limit);

}  // namespace espalier
