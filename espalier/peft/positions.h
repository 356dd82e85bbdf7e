// Methods that lengthen the text against the positions that a model has.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/models/model.h"

namespace espalier {

/// An unsupported Error for a model that reads no text.
inline void check_tokens(const Model& model, const std::string& name) {
  if (model.facts().vocabulary > 0) return;
  throw unsupported_error("'{}': reading = \"peft\" needs tokens and their positions; a {} has none", name, model.family())
      .hint("use reading = \"adapterhub\"");
}

/// A data Error where one of the lengths, `more` rows of the method `name` among each, is above the model's.
inline void check_positions(const Model& model, const std::vector<int64_t>& lengths, int64_t more, const std::string& name) {
  const int64_t most = model.facts().positions;
  const int64_t longest = lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
  if (most == 0 || longest <= most) return;
  throw data_error("a text of {} tokens and the {} rows of '{}' need {} positions; the model has {}", longest - more, more, name,
                   longest, most)
      .hint(fmt::format("set max_length to {} or less", most - more));
}

}  // namespace espalier
