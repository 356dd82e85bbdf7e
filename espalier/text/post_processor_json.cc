// The "post_processor" section of tokenizer.json.
#include "espalier/text/part_maker.h"
#include "espalier/text/tokenizer_json.h"

namespace espalier {
namespace {

using nlohmann::json;

int32_t as_id(const json& value, const std::string& place) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() > INT32_MAX) {
    throw data_error("a token id is {}; expected an integer from 0 to {}", describe_json(value), INT32_MAX).at(place);
  }
  return value.get<int32_t>();
}

// ["[SEP]", 102]
int32_t read_named_id(const json& section, std::string_view key, const std::string& place) {
  const json& pair = json_array(section, key, place);
  if (pair.size() != 2) throw data_error("\"{}\" is {}; expected a token and its id", key, describe_json(pair)).at(place);
  return as_id(pair[1], place);
}

TemplateItem read_item(const json& item, const json& special_tokens, const std::string& place) {
  TemplateItem out;
  if (const json* sequence = json_find(item, "Sequence", place); sequence != nullptr) {
    const std::string id = json_string(*sequence, "id", place);
    if (id != "A" && id != "B") throw data_error("a template names sequence \"{}\"; expected A or B", printable(id)).at(place);
    out.kind = id == "A" ? TemplateItem::Kind::first : TemplateItem::Kind::second;
    out.segment = as_id(json_member(*sequence, "type_id", place), place);
    return out;
  }
  const json& special = json_object(item, "SpecialToken", place);
  out.kind = TemplateItem::Kind::special;
  out.segment = as_id(json_member(special, "type_id", place), place);
  const json& token = json_object(special_tokens, json_string(special, "id", place), place);
  for (const json& id : json_array(token, "ids", place)) out.ids.push_back(as_id(id, place));
  return out;
}

std::vector<TemplateItem> read_template(const json& section, std::string_view key, const std::string& place) {
  std::vector<TemplateItem> items;
  const json none = json::object();
  const json* special_tokens = json_find(section, "special_tokens", place);
  for (const json& item : json_array(section, key, place)) {
    items.push_back(read_item(item, special_tokens == nullptr ? none : *special_tokens, place));
  }
  return items;
}

PostProcessor read_template_processing(const json& section, const std::string& place) {
  return {read_template(section, "single", place), read_template(section, "pair", place)};
}

std::optional<Trim> read_trim(const json& section, const std::string& place) {
  if (!json_bool(section, "trim_offsets", place, true)) return std::nullopt;
  return Trim{json_bool(section, "add_prefix_space", place, true)};
}

PostProcessor read_byte_level(const json& section, const std::string& place) {
  PostProcessor out;
  out.trim = read_trim(section, place);
  return out;
}

// Trimming, then at most one template.
PostProcessor read_sequence(const json& section, const std::string& place) {
  PostProcessor out;
  bool has_template = false;
  for (const json& step : json_array(section, "processors", place)) {
    PostProcessor made = read_post_processor(step, place);
    const bool only_trims = json_string(step, "type", place) == "ByteLevel";
    if (has_template || (out.trim && made.trim)) {
      throw unsupported_error("the post_processor \"Sequence\" has a step behind its template, or trims twice")
          .at(place)
          .hint("built: ByteLevel, then one other");
    }
    if (out.trim) made.trim = out.trim;
    has_template = !only_trims;
    out = std::move(made);
  }
  return out;
}

constexpr PartMaker<PostProcessor> kMakers[] = {
    {"BertProcessing",
     [](const json& s, const std::string& place) {
       return bert_template(read_named_id(s, "cls", place), read_named_id(s, "sep", place));
     }},
    {"ByteLevel", read_byte_level},
    {"RobertaProcessing",
     [](const json& s, const std::string& place) {
       PostProcessor out = roberta_template(read_named_id(s, "cls", place), read_named_id(s, "sep", place));
       out.trim = read_trim(s, place);
       return out;
     }},
    {"Sequence", read_sequence},
    {"TemplateProcessing", read_template_processing},
};

}  // namespace

PostProcessor read_post_processor(const json& section, const std::string& place) {
  return make_part<PostProcessor>("post_processor", kMakers, section, place);
}

}  // namespace espalier
