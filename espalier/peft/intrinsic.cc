#include "espalier/peft/intrinsic.h"

#include "espalier/base/error.h"
#include "espalier/base/seed.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier {

void IntrinsicOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("form", form).one_of({"said", "did"}).help("with a trained factor for each tensor, or without");
  f("on", on).help("pattern of the base's parameters that move");
  f("dimension", dimension).at_least(1).help("d', of the subspace, the factors counted");
  f("projection_seed", projection_seed).at_least(0).help("of the random subspace; another run with it moves in the same one");
}

Intrinsic::Intrinsic(IntrinsicOptions options) : ParameterUpdates(options.name), options_(std::move(options)) {}

Value Intrinsic::options() const { return write_options(options_); }

int64_t Intrinsic::vector_size(int64_t tensors) const {
  if (options_.form == "did") return options_.dimension;
  if (options_.dimension <= tensors) {
    throw usage_error("'{}': dimension = {}; expected more than {}, a factor for each tensor", name(), options_.dimension,
                      tensors)
        .hint("use form = \"did\", or fewer tensors with `on`");
  }
  return options_.dimension - tensors;
}

void Intrinsic::attach(Model& model, uint64_t) {
  const std::vector<Parameter*> moved = chosen(model, options_.on);
  const auto tensors = int64_t(moved.size());
  vector_ = std::make_unique<Parameter>(*this, "vector", std::vector<int64_t>{vector_size(tensors)});
  init::constant(*vector_, 0, model.dtype());
  if (options_.form == "said") {
    scales_ = std::make_unique<Parameter>(*this, "scales", std::vector<int64_t>{tensors});
    init::constant(*scales_, 1, model.dtype());
  }
  for (const Parameter* p : moved) {
    const uint64_t key = derive_key(uint64_t(options_.projection_seed), "fastfood/" + p->path());
    projections_.emplace_back(p->size(), key, model.dtype());
  }
  for (size_t i = 0; i < moved.size(); ++i) {
    add(*moved[i], [this, i, shape = moved[i]->shape()](Pass& pass) {
      const Tensor step = projections_[i]((*vector_)(pass)).view(shape);
      return scales_ ? step * (*scales_)(pass)[int64_t(i)] : step;
    });
  }
}

int64_t Intrinsic::expected_size(Model& model) const {
  vector_size(int64_t(chosen(model, options_.on).size()));
  return options_.dimension;
}

}  // namespace espalier
