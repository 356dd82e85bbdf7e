// PeftReader: what the readers of peft's types share: the model's places by name, tensors checked and copied, whole modules under
// modules_to_save, target_modules against the file. Everything that does not fit is found before the model is touched.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/models/model.h"
#include "espalier/peft/formats/peft_file.h"

namespace espalier {

class PeftReader {
 public:
  PeftReader(Model& model, PeftFile file);
  virtual ~PeftReader() = default;
  /// The method, with the options that the folder says; raises everything that can be wrong. `name`: "" = the kind's own.
  virtual std::unique_ptr<Modifier> method(const std::string& name) = 0;
  /// Puts the file's numbers into the attached method and, where the file has them, into base and head: those are returned.
  std::vector<Parameter*> fill(Modifier& method);
  virtual size_t places() const = 0;
  bool has_head() const { return !head_.empty(); }
  const PeftFile& file() const { return file_; }

 protected:
  virtual void fill_own(Modifier& method) = 0;

  /// Everything that is no part of the method itself. Raises.
  void check_rest(bool any);
  /// A copy in the model's dtype; undefined, with a problem noted, when it does not fit.
  Tensor read(const std::string& name, const TensorView& view, const std::vector<int64_t>& shape, const std::string& shown = "");
  /// The settings against the tensors: peft makes its updates where target_modules says, so both must name the same places.
  /// `candidates`: ours, by module path.
  void compare_targets(const std::set<std::string>& named, const std::vector<std::string>& candidates);
  /// Of a part that the model has and this head does not read.
  bool unused(const std::string& path) const;
  static bool matches(const std::vector<std::string>& patterns, const std::string& name);

  Model& model_;
  const NameTable& table_;
  const PeftFile file_;
  const PeftSettings& settings_;
  std::map<std::string, Linear*> linears_;
  std::map<std::string, Parameter*> parameters_;
  std::map<std::string, Tensor> base_, head_;  // by our parameter path
  Problems problems_;

 private:
  void find_whole();
  void put_whole(const std::string& path, const std::string& name, const Tensor& value, bool head);
  bool tied_copy(const std::string& path, const PeftFile::Whole& whole);
  bool is_output(const std::string& module) const;
};

std::unique_ptr<PeftReader> lora_reader(Model& model, PeftFile file);
std::unique_ptr<PeftReader> ia3_reader(Model& model, PeftFile file);
std::unique_ptr<PeftReader> norms_reader(Model& model, PeftFile file);
std::unique_ptr<PeftReader> prompt_reader(Model& model, PeftFile file);
std::unique_ptr<PeftReader> prefix_reader(Model& model, PeftFile file);

}  // namespace espalier
