// Prompt tuning: P stands in front of every example's rows. Lester et al. 2021, 2, read in two ways:
//   adapterhub  P [l, D] enters after positions and embedding norm; heads, losses and pooling skip it
//   peft        P [l, E] stands among the token table's rows: it gets the first positions, segment 0 and the norm; a head that
//               reads the first row reads P's, all others skip it
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
  std::string reading = "adapterhub";
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
  int64_t expected_size(Model& model) const override;  ///< l D, or l E
  Parameter& rows() const { return *rows_; }           ///< P
  bool as_peft() const { return options_.reading == "peft"; }

 private:
  int64_t width(Model& model) const;
  void start(Model& model, uint64_t seed);
  void stand_behind_embedding(Model& model);
  void stand_among_tokens(Model& model);
  PromptOptions options_;
  std::unique_ptr<Parameter> rows_;
};

}  // namespace espalier
