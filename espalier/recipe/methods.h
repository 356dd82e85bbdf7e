// The methods that a recipe may name: those of peft/, and the two that are fitted rather than stepped.
#pragma once

#include <memory>
#include <string>

#include "espalier/base/fields.h"
#include "espalier/models/modifier.h"
#include "espalier/train/bag_of_words.h"
#include "espalier/train/linear_probe.h"

namespace espalier {

/// linear_probe: a name, and how it is fitted.
struct ProbeMethod : ProbeOptions {
  std::string name = "linear_probe";
  void fields(Fields& f);
};

/// The modifier of resolved options.
std::unique_ptr<Modifier> make_method(const Value& resolved, const std::string& path);
ProbeOptions probe_options(const Value& resolved);
BagOfWordsOptions bag_options(const Value& resolved);

}  // namespace espalier
