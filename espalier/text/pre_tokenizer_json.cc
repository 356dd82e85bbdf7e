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
    const TextPattern regex = read_regex(pattern, "the pre_tokenizer \"Split\"", place);
    return make_pattern_split(regex, read_behavior(section, place, ""), json_bool(section, "invert", place, false));
  }
  std::string text = json_string(pattern, "String", place);
  if (text.empty()) throw data_error("the pre_tokenizer \"Split\" has an empty pattern; expected some text").at(place);
  return make_split(std::move(text), read_behavior(section, place, ""), json_bool(section, "invert", place, false));
}

// Where ByteLevel may stand, read_byte_level takes it.
Made refuse_byte_level(const json&, const std::string& place) {
  throw unsupported_error("the pre_tokenizer \"ByteLevel\" has others behind it or around it")
      .at(place)
      .hint("built: ByteLevel alone, and as the last step of a Sequence");
}

bool is_byte_level(const json& section) { return section.is_object() && section.value("type", json()) == "ByteLevel"; }

Made read_sequence(const json& section, const std::string& place) {
  std::vector<Made> steps;
  for (const json& step : json_array(section, "pretokenizers", place)) steps.push_back(read_pre_tokenizer(step, place));
  return make_pre_tokenizer_sequence(std::move(steps));
}

constexpr PartMaker<Made> kMakers[] = {
    {"BertPreTokenizer", [](const json&, const std::string&) { return make_bert_pre_tokenizer(); }},
    {"ByteLevel", refuse_byte_level},
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

std::optional<ByteLevel> take_byte_level(json& section, const std::string& place) {
  const auto read = [&](const json& part) {
    return ByteLevel{json_bool(part, "add_prefix_space", place), json_bool(part, "use_regex", place, true)};
  };
  std::optional<ByteLevel> found;
  if (is_byte_level(section)) {
    found = read(section);
    section = nullptr;
  } else if (section.is_object() && section.value("type", json()) == "Sequence") {
    if (json_array(section, "pretokenizers", place).empty()) return found;
    json& steps = section["pretokenizers"];
    if (!is_byte_level(steps.back())) return found;
    found = read(steps.back());
    steps.erase(steps.size() - 1);
  }
  return found;
}

}  // namespace espalier
