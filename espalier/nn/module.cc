#include "espalier/nn/module.h"

#include <algorithm>

namespace espalier {

Module::Module(Module& parent, std::string_view name) : path_(parent.join(name)), parent_(&parent) {
  parent.children_.push_back(this);
}

Module::~Module() {
  if (parent_ != nullptr) std::erase(parent_->children_, this);
}

std::string Module::join(std::string_view name) const {
  if (path_.empty() || path_.back() == '/') return path_ + std::string(name);
  return path_ + "." + std::string(name);
}

void Module::each_parameter(FunctionRef<void(Parameter&)> visit) {
  each_module([&](Module& module) {
    for (Parameter* parameter : module.parameters_) visit(*parameter);
  });
}

void Module::each_site(FunctionRef<void(Site&)> visit) {
  each_module([&](Module& module) {
    for (Site* site : module.sites_) visit(*site);
  });
}

void Module::each_module(FunctionRef<void(Module&)> visit) {
  visit(*this);
  for (Module* child : children_) child->each_module(visit);
}

std::vector<Parameter*> Module::parameters() {
  std::vector<Parameter*> found;
  each_parameter([&](Parameter& p) { found.push_back(&p); });
  return found;
}

std::vector<Site*> Module::sites() {
  std::vector<Site*> found;
  each_site([&](Site& s) { found.push_back(&s); });
  return found;
}

void Module::forget(Parameter& parameter) { std::erase(parameters_, &parameter); }
void Module::forget(Site& site) { std::erase(sites_, &site); }

}  // namespace espalier
