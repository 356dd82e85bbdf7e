// Model: a backbone, its head, and the stack of modifiers on it. Models never mention a method.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "espalier/models/backbone.h"
#include "espalier/models/head.h"
#include "espalier/models/modifier.h"
#include "espalier/nn/linear.h"

namespace espalier {

class Model final : public Module {
 public:
  /// `config`: config.json as it was read. The backbone is made by `make(*this)`.
  Model(std::string family, const nlohmann::json& config, const std::function<std::unique_ptr<Backbone>(Model&)>& make);
  ~Model() override;

  const std::string& family() const { return family_; }  ///< "bert"
  const nlohmann::json& config() const { return *config_; }
  nlohmann::json& config() { return *config_; }
  at::ScalarType dtype() const { return dtype_; }  ///< of leaves and of the residual stream
  void set_dtype(at::ScalarType dtype) { dtype_ = dtype; }
  Backbone& backbone() const { return *backbone_; }
  /// The family's names as they are under this model's head.
  const NameTable& names() const { return names_; }
  const BackboneFacts& facts() const { return backbone_->facts(); }
  int64_t width() const { return facts().width; }  ///< D

  /// Hidden rows [N, D], those of prompts left out; sets the pass's frame to the batch's.
  Tensor encode(const Batch& batch, Pass& pass);
  /// The head's output (see Head); without a head the hidden rows.
  Tensor operator()(const Batch& batch, Pass& pass);

  Head* head() const { return head_.get(); }
  void set_head(std::unique_ptr<Head> head);
  /// The parent of heads, at "head".
  Module& heads() { return heads_; }

  /// Attaches and keeps; the name must be free (a usage Error otherwise).
  Modifier& attach(std::unique_ptr<Modifier> modifier, uint64_t seed);
  /// Refused with the names when later modifiers stand on it; those are removed first when `cascade`.
  void detach(const std::string& name, bool cascade = false);
  const std::vector<std::unique_ptr<Modifier>>& modifiers() const { return modifiers_; }
  Modifier* modifier(const std::string& name) const;  ///< nullptr when there is none

  /// Places of base, head and modifiers that a pattern names. A pattern that matches nothing is a usage Error with the nearest
  /// path.
  std::vector<Site*> sites(const std::string& pattern);
  std::vector<Linear*> linears(const std::string& pattern);  ///< other units are passed over
  std::vector<Parameter*> parameters(const std::string& pattern);
  Site& site_at(const std::string& path);
  Parameter& parameter_at(const std::string& path);
  /// Base and head, then modifiers in order. Parameters without a leaf (a pooler that the file lacks and nobody uses) are left
  /// out.
  std::vector<Parameter*> all_parameters();
  std::vector<Parameter*> base_parameters();
  std::vector<Site*> all_sites();
  void freeze();   ///< nothing trains
  int64_t size();  ///< numbers in backbone and head

  Site site{*this, Unit::model};

 private:
  std::string family_;
  std::unique_ptr<nlohmann::json> config_;
  at::ScalarType dtype_ = at::kFloat;
  std::unique_ptr<Backbone> backbone_;
  Module heads_{*this, "head"};
  std::unique_ptr<Head> head_;
  NameTable names_;
  std::vector<std::unique_ptr<Modifier>> modifiers_;  // the last member: modifiers die before what they stand on
};

}  // namespace espalier
