// Module: ownership and names. A module owns its parameters by value and its children as members or unique_ptr;
// addresses never change, so paths, sites and hooks stay valid for a module's whole life.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "espalier/base/function_ref.h"

namespace espalier {

class Parameter;
class Site;

class Module {
 public:
  /// A root: "" for a model, "lora/" for the modifier named lora.
  explicit Module(std::string path) : path_(std::move(path)) {}
  /// A child: its path is the parent's joined with `name` ("encoder" + "3" -> "encoder.3").
  Module(Module& parent, std::string_view name);
  virtual ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  const std::string& path() const { return path_; }
  std::string join(std::string_view name) const;

  /// Visit what this module and its children hold, parents first, in order of declaration.
  void each_parameter(FunctionRef<void(Parameter&)> visit);
  void each_site(FunctionRef<void(Site&)> visit);
  void each_module(FunctionRef<void(Module&)> visit);
  std::vector<Parameter*> parameters();
  std::vector<Site*> sites();

 private:
  friend class Parameter;
  friend class Site;
  void adopt(Parameter& parameter) { parameters_.push_back(&parameter); }
  void adopt(Site& site) { sites_.push_back(&site); }
  void forget(Parameter& parameter);
  void forget(Site& site);

  std::string path_;
  Module* parent_ = nullptr;
  std::vector<Module*> children_;
  std::vector<Parameter*> parameters_;
  std::vector<Site*> sites_;
};

}  // namespace espalier
