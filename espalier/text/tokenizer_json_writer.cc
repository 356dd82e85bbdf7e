#include "espalier/text/tokenizer_json_writer.h"

#include <algorithm>

namespace espalier {
namespace {

using Json = nlohmann::ordered_json;

Json template_items(const std::vector<std::string>& items) {
  Json list = Json::array();
  for (const std::string& item : items) {
    const size_t colon = item.rfind(':');
    const std::string name = item.substr(0, colon);
    const int segment = colon == std::string::npos ? 0 : item[colon + 1] - '0';
    const char* kind = name == "A" || name == "B" ? "Sequence" : "SpecialToken";
    list.push_back({{kind, {{"id", name}, {"type_id", segment}}}});
  }
  return list;
}

}  // namespace

Json vocabulary_json(const std::vector<std::string>& tokens) {
  Json vocabulary = Json::object();
  auto& members = vocabulary.get_ref<Json::object_t&>();  // tokens differ, so that looking each up first is spared
  members.reserve(tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i) members.emplace_back(tokens[i], i);
  return vocabulary;
}

Json special_token_list(const std::vector<std::string>& tokens, const std::vector<std::string>& special,
                        const std::string& lstrip) {
  Json list = Json::array();
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (std::find(special.begin(), special.end(), tokens[i]) == special.end()) continue;
    list.push_back({{"id", i},
                    {"content", tokens[i]},
                    {"single_word", false},
                    {"lstrip", tokens[i] == lstrip},
                    {"rstrip", false},
                    {"normalized", false},
                    {"special", true}});
  }
  return list;
}

Json tokenizer_json_frame(Json added_tokens) {
  return {
      {"version", "1.0"},      {"truncation", nullptr},    {"padding", nullptr},        {"added_tokens", std::move(added_tokens)},
      {"normalizer", nullptr}, {"pre_tokenizer", nullptr}, {"post_processor", nullptr}, {"decoder", nullptr},
      {"model", nullptr}};
}

Json template_json(const std::vector<std::pair<std::string, int32_t>>& special, const std::vector<std::string>& single,
                   const std::vector<std::string>& pair) {
  Json tokens = Json::object();
  for (const auto& [token, id] : special) {
    tokens[token] = {{"id", token}, {"ids", Json::array({id})}, {"tokens", Json::array({token})}};
  }
  return {{"type", "TemplateProcessing"},
          {"single", template_items(single)},
          {"pair", template_items(pair)},
          {"special_tokens", std::move(tokens)}};
}

void write_tokenizer_folder(const fs::path& folder, const Json& file, Json settings, int64_t max_length,
                            const std::map<std::string, std::string>& old) {
  make_folder(folder);
  if (max_length > 0) settings["model_max_length"] = max_length;
  write_file(folder / "tokenizer.json", file.dump(1) + "\n");
  write_file(folder / "tokenizer_config.json", settings.dump(2) + "\n");
  for (const auto& [name, text] : old) write_file(folder / name, text);
}

}  // namespace espalier
