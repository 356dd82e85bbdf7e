#include "espalier/peft/formats/peft_reader.h"

#include <algorithm>

#include "espalier/base/pattern.h"
#include "espalier/base/text.h"
#include "espalier/models/leaf.h"
#include "espalier/nn/tensor.h"
#include "espalier/peft/formats/misfit.h"
#include "espalier/peft/formats/our_tensor.h"

namespace espalier {

PeftReader::PeftReader(Model& model, PeftFile file)
    : model_(model), table_(model.names()), file_(std::move(file)), settings_(file_.settings()) {
  model.each_module([&](Module& m) {
    if (auto* linear = dynamic_cast<Linear*>(&m)) linears_[m.path()] = linear;
  });
  model.each_parameter([&](Parameter& p) { parameters_[p.path()] = &p; });
}

void PeftReader::check_rest(bool any) {
  if (!any && !file_.modules().empty()) throw wrong_backbone(model_, file_);
  for (const auto& [key, reason] : file_.strange()) problems_.add(key, reason);
  find_whole();
  problems_.raise(ErrorKind::data, "the adapter does not fit this backbone");
}

std::vector<Parameter*> PeftReader::fill(Modifier& method) {
  fill_own(method);
  std::vector<Parameter*> whole;
  for (const auto& [path, value] : base_) whole.emplace_back(parameters_.at(path))->set(value);
  for (const auto& [path, value] : head_) {
    Parameter& parameter = *whole.emplace_back(parameters_.at(path));
    parameter.set(value);
    parameter.is_new = true;
  }
  return whole;
}

void PeftReader::find_whole() {
  for (const auto& [name, whole] : file_.whole()) {
    const auto path = our_tensor(table_, name);
    const bool head = path && path->starts_with("head.");
    const auto found = path ? parameters_.find(*path) : parameters_.end();
    if (found == parameters_.end()) {
      if (head && path->ends_with(".weight") && tied_copy(*path, whole)) continue;
      problems_.add(whole.name, head ? "this model's head has no such part" : "fits no place of this backbone");
    } else if (!head && !whole.listed) {
      problems_.add(whole.name, "a weight of the base that \"modules_to_save\" does not name");
    } else if (const Tensor value = read(whole.name, *whole.view, found->second->shape(), *path); value.defined()) {
      put_whole(found->first, whole.name, value, head);
    }
  }
}

void PeftReader::put_whole(const std::string& path, const std::string& name, const Tensor& value, bool head) {
  if (!head && !parameters_.at(path)->defined()) {
    problems_.add(name, "this model has no such part");
    return;
  }
  auto& kept = head ? head_ : base_;
  const auto [old, fresh] = kept.emplace(path, value);
  if (!fresh && !old->second.equal(value)) problems_.add(name, fmt::format("differs from another tensor for {}", path));
}

/// The weight of an output layer that is the token table.
bool PeftReader::tied_copy(const std::string& path, const PeftFile::Whole& whole) {
  const auto linear = linears_.find(path.substr(0, path.rfind('.')));
  if (linear == linears_.end() || !linear->second->tied()) return false;
  const Tensor value = read(whole.name, *whole.view, linear->second->weight().shape());
  const auto table = base_.find(linear->second->weight().path());
  const Tensor& own = table != base_.end() ? table->second : linear->second->weight().leaf();
  if (value.defined() && own.defined() && !value.equal(own)) {
    problems_.add(whole.name, fmt::format("differs from {}, to which this head is tied; untied output layers are not supported",
                                          linear->second->weight().path()));
  }
  return true;
}

void PeftReader::compare_targets(const std::set<std::string>& named, const std::vector<std::string>& candidates) {
  if (!settings_.targets.given) return;
  for (const std::string& module : named) {
    if (settings_.targeted(module, true, is_output(module))) continue;
    if (settings_.saved_whole(module + ".weight")) {
      problems_.add(module, "has an update, and \"modules_to_save\" names it too");
    } else {
      problems_.add(module, "has an update, but \"target_modules\" does not name it");
    }
  }
  // Upstream's names have a prefix or not, as the file's.
  const std::string& prefix = table_.prefix;
  const bool bare = !named.empty() && !named.begin()->starts_with(prefix);
  std::set<std::string> missing;
  for (const std::string& path : candidates) {
    const auto fused = upstream_fused(table_, path);
    auto theirs = fused ? fused : upstream_module(table_, path);
    const auto weight = parameters_.find(path + ".weight");
    if (!theirs || unused(path + ".weight") || (weight != parameters_.end() && !weight->second->defined())) continue;
    if (bare && theirs->starts_with(prefix)) theirs = theirs->substr(prefix.size());
    if (!named.contains(*theirs) && settings_.targeted(*theirs, linears_.contains(path), is_output(*theirs)))
      missing.insert(*theirs);
  }
  for (const std::string& module : missing) {
    problems_.add(module, "\"target_modules\" names it, but the file has no update for it");
  }
}

/// peft's "all-linear" leaves out the output layer of a language model, and the classifier of task SEQ_CLS.
bool PeftReader::is_output(const std::string& module) const {
  const auto path = our_module(table_, module);
  return path && (*path == "head.main.vocabulary" ||
                  (*path == "head.main.out" && settings_.notes.task_type == std::optional<std::string>("SEQ_CLS")));
}

bool PeftReader::unused(const std::string& path) const {
  if (!matches(table_.optional, path)) return false;
  const Head* head = model_.head();
  return head != nullptr && !head->reads_pooler();
}

bool PeftReader::matches(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) { return Pattern(p).matches(name); });
}

Tensor PeftReader::read(const std::string& name, const TensorView& view, const std::vector<int64_t>& shape,
                        const std::string& shown) {
  const auto type = scalar_type(view.dtype);
  if (view.shape != shape) {
    problems_.add(shown.empty() ? name : shown, fmt::format("shape {}; expected {}", shape_text(view.shape), shape_text(shape)));
  } else if (!type || !at::isFloatingType(*type)) {
    problems_.add(name, fmt::format("dtype {}; expected F32, F16 or BF16", dtype_name(view.dtype)));
  } else if (const Tensor value = tensor_of(view, model_.dtype()); !all_finite(value)) {
    problems_.add(name, "holds NaN or infinite numbers");
  } else {
    return value.clone();
  }
  return {};
}

}  // namespace espalier
