// An adapter folder without a model: its places, sizes and the singular values of each update s B A.
#include <algorithm>
#include <cmath>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/models/leaf.h"
#include "espalier/nn/tensor.h"
#include "espalier/peft/formats/peft_file.h"

namespace espalier {
namespace {

/// Of s B A: with B = Q₁ R₁ and Aᵀ = Q₂ R₂ those of s R₁ R₂ᵀ, which is r by r.
std::vector<double> singular_values(const Tensor& a, const Tensor& b, double scale) {
  const Tensor left = std::get<1>(at::linalg_qr(b, "r")), right = std::get<1>(at::linalg_qr(a.t(), "r"));
  const Tensor values = (at::linalg_svdvals(left.mm(right.t())) * std::abs(scale)).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

/// "layer.2" before "layer.10".
std::string sorting_key(const std::string& name) {
  std::string key;
  for (const std::string& part : split(name, '.')) {
    key += (parse_int(part) ? std::string(20 - std::min<size_t>(20, part.size()), '0') : "") + part + ".";
  }
  return key;
}

bool is_number(const TensorView& view) {
  const auto type = scalar_type(view.dtype);
  return type && at::isFloatingType(*type);
}

}  // namespace

PeftSummary describe_peft(const fs::path& folder) {
  const PeftFile file(folder);
  const PeftSettings& settings = file.settings();
  PeftSummary summary;
  summary.notes = settings.notes;
  summary.type = settings.type;
  summary.bias = settings.bias;
  summary.rslora = settings.rslora;
  summary.dora = settings.dora;
  Problems problems;
  for (const auto& [key, reason] : file.strange()) problems.add(key, reason);
  for (const auto& [module, pair] : file.pairs()) {
    const bool whole = pair.a != nullptr && pair.b != nullptr && pair.a->shape.size() == 2 && pair.b->shape.size() == 2;
    if (!whole || pair.a->shape[0] < 1 || pair.b->shape[1] != pair.a->shape[0] || pair.a->shape[1] < 1 || pair.b->shape[0] < 1) {
      problems.add(module, "needs lora_A [r, in] and lora_B [out, r]");
      continue;
    }
    if (!is_number(*pair.a) || !is_number(*pair.b)) {
      problems.add(module, fmt::format("is stored as {}; expected F32, F16 or BF16", dtype_name(pair.a->dtype)));
      continue;
    }
    PeftPlace place{module, pair.a->shape[1], pair.b->shape[0], pair.a->shape[0], settings.alpha_of(module), 0, {}};
    place.scale = place.alpha / (settings.rslora ? std::sqrt(double(place.rank)) : double(place.rank));
    const Tensor a = tensor_of(*pair.a, at::kDouble), b = tensor_of(*pair.b, at::kDouble);
    if (!all_finite(a) || !all_finite(b)) {
      problems.add(module, "holds NaN or infinite numbers");
      continue;
    }
    place.singular_values = singular_values(a, b, place.scale);
    summary.parameters += a.numel() + b.numel() + (pair.m != nullptr ? pair.m->numel() : 0);
    summary.places.push_back(std::move(place));
  }
  const auto add_own = [&](const std::string& name, const TensorView& view) {
    summary.own.emplace_back(name, view.shape);
    summary.parameters += view.numel();
  };
  for (const auto& [name, own] : file.own()) add_own(name, *own.view);
  if (file.rows().view != nullptr) add_own(file.rows().name, *file.rows().view);
  for (const auto* tensors : {&file.biases(), &file.whole()}) {
    for (const auto& [name, whole] : *tensors) {
      summary.whole.emplace_back(name, whole.view->shape);
      summary.parameters += whole.view->numel();
    }
  }
  problems.raise(ErrorKind::data, "the adapter's tensors cannot be read");
  std::sort(summary.places.begin(), summary.places.end(),
            [](const PeftPlace& one, const PeftPlace& two) { return sorting_key(one.module) < sorting_key(two.module); });
  return summary;
}

}  // namespace espalier
