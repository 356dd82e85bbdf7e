// The only door to ATen, and the one precompiled header of all layers that touch tensors.
#pragma once

// First: without it clang 14 in C++20 mode fails on ATen, and clangd with it.
#include <ATen/core/ivalue.h>
// Second group: tensors, operators, autograd.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/variable.h>

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace espalier {

using at::Tensor;

}  // namespace espalier
