// PeftWriter: what the writers of peft's types share: upstream's names, the common settings, whole modules under modules_to_save,
// the two files. What stands in the way is found before anything is written.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/base/files.h"
#include "espalier/models/model.h"
#include "espalier/peft/formats/peft_settings.h"

namespace espalier {

class PeftWriter {
 public:
  PeftWriter(Model& model, const Modifier& method, PeftType type, std::vector<Parameter*> whole);
  virtual ~PeftWriter() = default;
  const Problems& obstacles() const { return problems_; }
  void write(const fs::path& folder, const PeftNotes& notes);

 protected:
  /// The type's settings, behind the common ones, and its tensors.
  virtual void add_own() = 0;

  /// Where each layer stands by upstream's name: one of ours, or all parts of a fused one in the order of its rows. Notes a
  /// problem for a place that peft has no name for.
  std::map<std::string, std::vector<std::string>> layers_of(const std::vector<std::string>& paths);
  void refuse_saved(const std::string& path, const std::string& reason);
  void add(const std::string& name, const Tensor& leaf);
  std::string upstream(const std::string& path) const;
  /// As upstream: without the base prefix where the model is a bare backbone.
  std::string bare_or_full(const std::string& fused) const;
  /// As target_modules names it.
  std::string target(const std::string& module) const;
  bool saved(const std::string& path) const { return saved_.contains(path); }

  Model& model_;
  const NameTable& table_;
  nlohmann::ordered_json config_;
  Problems problems_;

 private:
  void add_whole();

  const PeftType type_;
  std::map<std::string, Module*> saved_;  // by our path
  std::map<std::string, Tensor> tensors_;
};

/// The module's part of a tensor's name or of a parameter's path.
std::string module_of(const std::string& tensor);

/// A writer for the method; nullptr with a problem where peft has no such type.
std::unique_ptr<PeftWriter> peft_writer(Model& model, const Modifier& method, const std::vector<Parameter*>& whole,
                                        Problems& problems);

class Ia3;
class Lora;
class Prefix;
class Prompt;
std::unique_ptr<PeftWriter> lora_writer(Model& model, const Lora& lora, const std::vector<Parameter*>& whole);
std::unique_ptr<PeftWriter> ia3_writer(Model& model, const Ia3& ia3, const std::vector<Parameter*>& whole);
std::unique_ptr<PeftWriter> norms_writer(Model& model, Modifier& norms, const std::vector<Parameter*>& whole);
std::unique_ptr<PeftWriter> prompt_writer(Model& model, const Prompt& prompt, const std::vector<Parameter*>& whole);
std::unique_ptr<PeftWriter> prefix_writer(Model& model, const Prefix& prefix, const std::vector<Parameter*>& whole);

}  // namespace espalier
