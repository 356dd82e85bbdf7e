// The "pre_tokenizer" section of tokenizer.json.
#include "espalier/text/part_maker.h"
#include "espalier/text/tokenizer_json.h"
#include "espalier/text/unicode.h"

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

// Where ByteLevel and Metaspace may stand, take_last_step takes them.
Made refuse_last_step(const json& section, const std::string& place) {
  const std::string type = json_string(section, "type", place);
  throw unsupported_error("the pre_tokenizer \"{}\" has others behind it or around it", type)
      .at(place)
      .hint("built: " + type + " alone, and as the last step of a Sequence");
}

// Whether it was one of the steps that change the text.
bool take_step(const json& section, const std::string& place, Pipeline& pipeline) {
  if (!section.is_object()) return false;
  const json type = section.value("type", json());
  if (type == "ByteLevel") {
    pipeline.byte_level = ByteLevel{json_bool(section, "add_prefix_space", place), json_bool(section, "use_regex", place, true)};
  } else if (type == "Metaspace") {
    pipeline.metaspace = read_metaspace(section, place);
  }
  return type == "ByteLevel" || type == "Metaspace";
}

Made read_sequence(const json& section, const std::string& place) {
  std::vector<Made> steps;
  for (const json& step : json_array(section, "pretokenizers", place)) steps.push_back(read_pre_tokenizer(step, place));
  return make_pre_tokenizer_sequence(std::move(steps));
}

constexpr PartMaker<Made> kMakers[] = {
    {"BertPreTokenizer", [](const json&, const std::string&) { return make_bert_pre_tokenizer(); }},
    {"ByteLevel", refuse_last_step},
    {"Digits", [](const json& s, const std::string& place) { return make_digits(json_bool(s, "individual_digits", place)); }},
    {"Metaspace", refuse_last_step},
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

void take_last_step(json& section, const std::string& place, Pipeline& pipeline) {
  if (take_step(section, place, pipeline)) {
    section = nullptr;
  } else if (section.is_object() && section.value("type", json()) == "Sequence") {
    if (json_array(section, "pretokenizers", place).empty()) return;
    json& steps = section["pretokenizers"];
    if (take_step(steps.back(), place, pipeline)) steps.erase(steps.size() - 1);
  }
}

Metaspace read_metaspace(const json& section, const std::string& place) {
  Metaspace metaspace;
  metaspace.mark = json_string(section, "replacement", place);
  if (code_points(metaspace.mark).size() != 1) {
    throw data_error("\"replacement\" is \"{}\"; expected one character", printable(metaspace.mark)).at(place);
  }
  const std::string scheme = json_string(section, "prepend_scheme", place, "always");
  if (scheme != "always" && scheme != "first" && scheme != "never") {
    throw data_error("\"prepend_scheme\" is \"{}\"; expected always, first or never", printable(scheme)).at(place);
  }
  metaspace.put = scheme == "always" ? PutMark::always : scheme == "first" ? PutMark::first : PutMark::never;
  if (!json_bool(section, "add_prefix_space", place, true) && metaspace.put != PutMark::never) {
    throw data_error("\"add_prefix_space\" is false and \"prepend_scheme\" is \"{}\"; expected never", scheme).at(place);
  }
  metaspace.cut = json_bool(section, "split", place, true);
  return metaspace;
}

}  // namespace espalier
