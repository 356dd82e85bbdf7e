// Choosing a part of a tokeniser by the "type" in its section of tokenizer.json.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/text/text_pattern.h"

namespace espalier {

/// The pattern of an object {"Regex": text}; `what` names the part in the Error for one that is not built.
inline TextPattern read_regex(const nlohmann::json& pattern, std::string_view what, const std::string& place) {
  const std::string regex = json_string(pattern, "Regex", place);
  const TextPattern found = find_pattern(regex);
  if (found == nullptr) {
    throw unsupported_error("{} with the regular expression {} is not built", what, printable(regex, 200))
        .at(place)
        .hint("built: text, and the expressions " + join(known_patterns(), "   "));
  }
  return found;
}

template <class Product>
struct PartMaker {
  std::string_view type;
  Product (*make)(const nlohmann::json& section, const std::string& place);
};

/// `what` names the section in the Error for a type that no maker has.
template <class Product>
Product make_part(std::string_view what, std::span<const PartMaker<Product>> makers, const nlohmann::json& section,
                  const std::string& place) {
  const std::string type = json_string(section, "type", place);
  std::vector<std::string> known;
  for (const auto& maker : makers) {
    if (maker.type == type) return maker.make(section, place);
    known.emplace_back(maker.type);
  }
  throw unsupported_error("the {} \"{}\" is not built", what, printable(type)).at(place).hint("built: " + join(known, ", "));
}

}  // namespace espalier
