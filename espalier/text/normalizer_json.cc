// The "normalizer" section of tokenizer.json.
#include "espalier/text/char_map.h"
#include "espalier/text/part_maker.h"
#include "espalier/text/tokenizer_json.h"

namespace espalier {
namespace {

using nlohmann::json;
using Made = std::unique_ptr<Normalizer>;

Made read_bert(const json& section, const std::string& place) {
  BertNormalizerOptions options;
  options.clean_text = json_bool(section, "clean_text", place);
  options.handle_chinese_chars = json_bool(section, "handle_chinese_chars", place);
  options.lowercase = json_bool(section, "lowercase", place);
  options.strip_accents = json_bool(section, "strip_accents", place, options.lowercase);
  return make_bert_normalizer(options);
}

Made read_replace(const json& section, const std::string& place) {
  const json& pattern = json_object(section, "pattern", place);
  if (pattern.contains("Regex")) {
    const TextPattern regex = read_regex(pattern, "the normalizer \"Replace\"", place);
    return make_pattern_replace(regex, json_string(section, "content", place));
  }
  std::string text = json_string(pattern, "String", place);
  if (text.empty()) throw data_error("the normalizer \"Replace\" has an empty pattern; expected some text").at(place);
  return make_replace(std::move(text), json_string(section, "content", place));
}

Made read_sequence(const json& section, const std::string& place) {
  std::vector<Made> steps;
  for (const json& step : json_array(section, "normalizers", place)) steps.push_back(read_normalizer(step, place));
  return make_normalizer_sequence(std::move(steps));
}

constexpr PartMaker<Made> kMakers[] = {
    {"BertNormalizer", read_bert},
    {"Lowercase", [](const json&, const std::string&) { return make_lowercase(); }},
    {"NFC", [](const json&, const std::string&) { return make_unicode_form(false, true); }},
    {"NFD", [](const json&, const std::string&) { return make_unicode_form(false, false); }},
    {"NFKC", [](const json&, const std::string&) { return make_unicode_form(true, true); }},
    {"NFKD", [](const json&, const std::string&) { return make_unicode_form(true, false); }},
    {"Precompiled",
     [](const json& s, const std::string& place) {
       return make_precompiled(decode_base64(json_string(s, "precompiled_charsmap", place), place), place);
     }},
    {"Prepend", [](const json& s, const std::string& place) { return make_prepend(json_string(s, "prepend", place)); }},
    {"Replace", read_replace},
    {"Sequence", read_sequence},
    {"Strip",
     [](const json& s, const std::string& place) {
       return make_strip(json_bool(s, "strip_left", place), json_bool(s, "strip_right", place));
     }},
    {"StripAccents", [](const json&, const std::string&) { return make_strip_accents(); }},
};

}  // namespace

Made read_normalizer(const json& section, const std::string& place) {
  return make_part<Made>("normalizer", kMakers, section, place);
}

}  // namespace espalier
