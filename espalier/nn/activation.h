// Activations by the names that config.json uses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace espalier {

enum class Activation : uint8_t { gelu, gelu_tanh, relu, silu, tanh, identity };

/// "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_python", "relu", "silu", "swish", "tanh", "linear". Throws an unsupported Error
/// that lists them.
Activation activation(const std::string& name, const std::string& place = "");

}  // namespace espalier
