#include "espalier/nn/site.h"

#include "espalier/base/error.h"
#include "espalier/nn/module.h"
#include "espalier/nn/recorder.h"
#include "espalier/nn/tensor.h"

namespace espalier {

const char* unit_name(Unit unit) {
  static constexpr const char* kNames[] = {"linear", "norm",  "embedding", "attention", "branch", "drop",
                                           "join",   "block", "stack",     "delta",     "model"};
  return kNames[size_t(unit)];
}

Tensor Next::operator()(const Tensor& x) const {
#ifndef NDEBUG
  if (alive && !*alive) throw bug_error("a wrap kept its Next and called it after its own call had ended");
#endif
  return call_(x);
}

Site::Site(Module& owner, Unit unit) : owner_(&owner), unit_(unit) { owner.adopt(*this); }
Site::~Site() { owner_->forget(*this); }

const std::string& Site::path() const { return owner_->path(); }

Hook Site::wrap(WrapOrder order, std::string label, Wrap wrap) {
  return wraps_.attach(int(order), std::move(label), std::move(wrap));
}

std::vector<std::string> Site::wrap_labels() const {
  std::vector<std::string> labels;
  for (const auto& item : wraps_.items()) labels.push_back(item.label);
  return labels;
}

Tensor Site::run_recorded(const Tensor& x, Pass& pass, FunctionRef<Tensor(const Tensor&)> body) const {
  Recorder& recorder = *pass.recorder;
  recorder.enter(*this, x, pass);
  Tensor y = run_wrapped(x, pass, wraps_.items().size(), body);
  recorder.leave(*this, y, pass);
  return y;
}

Tensor Site::run_wrapped(const Tensor& x, Pass& pass, size_t depth, FunctionRef<Tensor(const Tensor&)> body) const {
  if (depth == 0) return body(x);
  auto below = [&](const Tensor& input) { return run_wrapped(input, pass, depth - 1, body); };
  Next next(below);
#ifndef NDEBUG
  next.alive = std::make_shared<bool>(true);
  struct Poison {
    std::shared_ptr<bool> alive;
    ~Poison() { *alive = false; }
  } poison{next.alive};
#endif
  return wraps_.items()[depth - 1].call(x, next, pass);
}

}  // namespace espalier
