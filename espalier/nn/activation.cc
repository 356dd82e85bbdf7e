#include "espalier/nn/activation.h"

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {

Activation activation(const std::string& name, const std::string& place) {
  static const std::vector<std::pair<std::string, Activation>> kNames = {
      {"gelu", Activation::gelu},          {"gelu_python", Activation::gelu},
      {"gelu_new", Activation::gelu_tanh}, {"gelu_pytorch_tanh", Activation::gelu_tanh},
      {"relu", Activation::relu},          {"silu", Activation::silu},
      {"swish", Activation::silu},         {"tanh", Activation::tanh},
      {"linear", Activation::identity}};
  std::vector<std::string> known;
  for (const auto& [known_name, kind] : kNames) {
    if (known_name == name) return kind;
    known.push_back(known_name);
  }
  throw unsupported_error("activation '{}' is unknown{}", printable(name), did_you_mean(name, known))
      .at(place)
      .hint("known: " + join(known, ", "));
}

}  // namespace espalier
