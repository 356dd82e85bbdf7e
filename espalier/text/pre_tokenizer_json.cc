// The "pre_tokenizer" section of tokenizer.json.
#include "espalier/text/part_maker.h"
#include "espalier/text/tokenizer_json.h"

namespace espalier {
namespace {

using nlohmann::json;
using Made = std::unique_ptr<PreTokenizer>;

Delimiter read_behavior(const json& section, const std::string& place, const std::string& fallback) {
  constexpr std::pair<std::string_view, Delimiter> kBehaviors[] = {
      {"Removed", Delimiter::removed},
      {"Isolated", Delimiter::isolated},
      {"MergedWithPrevious", Delimiter::merged_with_previous},
      {"MergedWithNext", Delimiter::merged_with_next},
      {"Contiguous", Delimiter::contiguous},
  };
  const std::string name = json_string(section, "behavior", place, fallback);
  std::vector<std::string> known;
  for (const auto& [text, behavior] : kBehaviors) {
    if (text == name) return behavior;
    known.emplace_back(text);
  }
  throw data_error("\"behavior\" is \"{}\"{}", printable(name), did_you_mean(name, known))
      .at(place)
      .hint("expected one of " + join(known, ", "));
}

Made read_split(const json& section, const std::string& place) {
  const json& pattern = json_object(section, "pattern", place);
  if (pattern.contains("Regex")) {
    throw unsupported_error("the pre_tokenizer \"Split\" with a regular expression is not built").at(place).hint("built: String");
  }
  std::string text = json_string(pattern, "String", place);
  if (text.empty()) throw data_error("the pre_tokenizer \"Split\" has an empty pattern; expected some text").at(place);
  return make_split(std::move(text), read_behavior(section, place, ""), json_bool(section, "invert", place, false));
}

Made read_sequence(const json& section, const std::string& place) {
  std::vector<Made> steps;
  for (const json& step : json_array(section, "pretokenizers", place)) steps.push_back(read_pre_tokenizer(step, place));
  return make_pre_tokenizer_sequence(std::move(steps));
}

constexpr PartMaker<Made> kMakers[] = {
    {"BertPreTokenizer", [](const json&, const std::string&) { return make_bert_pre_tokenizer(); }},
    {"Digits", [](const json& s, const std::string& place) { return make_digits(json_bool(s, "individual_digits", place)); }},
    {"Punctuation",
     [](const json& s, const std::string& place) { return make_punctuation(read_behavior(s, place, "Isolated")); }},
    {"Sequence", read_sequence},
    {"Split", read_split},
    {"Whitespace", [](const json&, const std::string&) { return make_whitespace(); }},
    {"WhitespaceSplit", [](const json&, const std::string&) { return make_whitespace_split(); }},
};

}  // namespace

Made read_pre_tokenizer(const json& section, const std::string& place) {
  return make_part<Made>("pre_tokenizer", kMakers, section, place);
}

}  // namespace espalier
