// Prompt tuning: P [l, D] stands in front of every example's embedded rows, after positions and embedding norm; heads, losses
// and pooling skip it. Lester et al. 2021, 2; entry as AdapterHub's, where peft's prompts also get positions and the norm.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/models/modifier.h"

namespace espalier {

struct PromptOptions {
  std::string name = "prompt";
  int64_t length = 20;
  std::string init = "uniform";
  double range = 0.5;
  std::vector<int64_t> ids;
  void fields(Fields& f);
};

class Prompt : public Modifier {
 public:
  explicit Prompt(PromptOptions options);
  std::string kind() const override { return "prompt"; }
  Value options() const override;
  void attach(Model& model, uint64_t seed) override;
  bool starts_as_base() const override { return false; }
  int64_t expected_size(Model& model) const override;  ///< l D
  Parameter& rows() { return *rows_; }                 ///< P

 private:
  void start(Model& model, uint64_t seed);
  PromptOptions options_;
  std::unique_ptr<Parameter> rows_;
};

}  // namespace espalier
