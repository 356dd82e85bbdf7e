#include "espalier/peft/trained_base.h"

#include "espalier/base/pattern.h"
#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"

namespace espalier {

void TrainedBaseOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("parameters", parameters).help("pattern of the base's parameters that train");
}

TrainedBase::TrainedBase(std::string kind, TrainedBaseOptions options)
    : Modifier(options.name), kind_(std::move(kind)), options_(std::move(options)) {}

Value TrainedBase::options() const { return write_options(options_); }

std::vector<Parameter*> TrainedBase::chosen(Model& model) const {
  std::vector<Parameter*> base;
  std::vector<std::string> paths;
  model.backbone().each_parameter([&](Parameter& p) {
    base.push_back(&p);
    paths.push_back(p.path());
  });
  std::vector<Parameter*> found;
  for (size_t i : Pattern(options_.parameters).select(paths)) found.push_back(base[i]);
  if (found.empty()) {
    throw usage_error("the pattern '{}' matches no parameter of the base", options_.parameters)
        .hint("`espalier show sites --model DIR` lists them all");
  }
  return found;
}

void TrainedBase::attach(Model& model, uint64_t) { leaves_.take(chosen(model)); }

void TrainedBase::enable(bool on) {
  if (on != enabled()) leaves_.swap();
  Modifier::enable(on);
}

void TrainedBase::detach(Model& model) {
  leaves_.give_back();
  Modifier::detach(model);
}

std::vector<Parameter*> TrainedBase::trained(Model&) { return leaves_.parameters(); }

int64_t TrainedBase::expected_size(Model& model) const {
  // A loaded model may lack parts that nothing uses (a pooler); one made from its configuration alone has no leaf at all yet.
  const bool loaded = !model.base_parameters().empty();
  int64_t size = 0;
  for (const Parameter* p : chosen(model)) size += loaded && !p->defined() ? 0 : p->size();
  return size;
}

}  // namespace espalier
