#include "espalier/train/nonfinite.h"

#include <cmath>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/nn/parameter.h"
#include "espalier/nn/tensor.h"
#include "espalier/train/rule.h"

namespace espalier {
namespace {

bool finite(const Tensor& tensor) { return !tensor.defined() || at::isfinite(tensor).all().item<bool>(); }

}  // namespace

std::string Broken::text() const {
  const std::string what = loss ? "the loss is not finite" : "a gradient is not finite";
  if (value) return what + ", and neither is the parameter " + parameter;
  if (parameter.empty()) return loss ? what : "the norm of all gradients is not finite, though each of them is";
  return what + (loss ? "; the first gradient that is not finite either is that of " : ", first that of ") + parameter;
}

std::optional<Broken> find_broken(const StepLoss& loss, double norm, std::span<Parameter* const> trained) {
  if (std::isfinite(loss.sum) && std::isfinite(norm)) return std::nullopt;
  Broken broken{.loss = !std::isfinite(loss.sum)};
  at::NoGradGuard no_grad;
  for (const bool value : {true, false}) {
    for (Parameter* parameter : trained) {
      if (finite(value ? parameter->leaf() : parameter->leaf().grad())) continue;
      broken.value = value;
      broken.parameter = parameter->path();
      return broken;
    }
  }
  return broken;
}

int64_t skips_of(const std::string& on_nonfinite, const std::string& place) {
  if (on_nonfinite == "stop") return 0;
  const auto count = on_nonfinite.starts_with("skip:") ? parse_int(on_nonfinite.substr(5)) : std::nullopt;
  if (!count || *count < 1) {
    throw usage_error("train.on_nonfinite = \"{}\"; expected \"stop\", or \"skip:N\" with N steps at most",
                      printable(on_nonfinite))
        .at(place);
  }
  return *count;
}

}  // namespace espalier
