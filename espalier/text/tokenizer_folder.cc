#include "espalier/text/tokenizer_folder.h"

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/text/tokenizer_json.h"

namespace espalier {
namespace {

using nlohmann::json;

bool has_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// What files say of a role, the settings first: text, or an object that says how it is matched too.
std::pair<const json*, std::string> find_role(const TokenizerFolder& folder, std::string_view role) {
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    const json& settings = std::string_view(name) == "tokenizer_config.json" ? folder.config : folder.roles;
    if (const json* token = json_find(settings, role, folder.place(name)); token != nullptr) return {token, folder.place(name)};
  }
  return {nullptr, ""};
}

std::string content_of(const json& token, std::string_view role, const std::string& place) {
  if (token.is_object()) return json_string(token, "content", place);
  if (!token.is_string()) throw data_error("\"{}\" is {}; expected text", role, describe_json(token)).at(place);
  return token.get<std::string>();
}

}  // namespace

bool TokenizerFolder::take(const std::string& name) {
  if (!has_file(path / name)) return false;
  files[name] = read_file(path / name);
  return true;
}

std::string TokenizerFolder::family_name() const {
  if (std::string name = json_string(config, "tokenizer_class", settings(), ""); !name.empty()) return name;
  if (!has_file(path / "config.json")) return "";
  return json_string(read_json(path / "config.json"), "model_type", place("config.json"), "");
}

std::optional<std::string> TokenizerFolder::named_token(std::string_view role) const {
  const auto [token, place] = find_role(*this, role);
  return token == nullptr ? std::nullopt : std::optional(content_of(*token, role, place));
}

std::string TokenizerFolder::token_of(std::string_view role) const {
  if (auto named = named_token(role); named) return *std::move(named);
  for (const auto& [name, token] : usual) {
    if (name == role) return token;
  }
  return "";
}

std::vector<AddedToken> TokenizerFolder::role_tokens(bool mask_takes_space) const {
  std::vector<AddedToken> tokens;
  for (const auto& [role, content] : usual) {
    const auto [token, place] = find_role(*this, role);
    AddedToken& made = tokens.emplace_back();
    if (token != nullptr && token->is_object()) {
      made = read_added_token(*token, place);
    } else {
      made.content = token_of(role);
      made.lstrip = mask_takes_space && role == "mask_token";
    }
    made.special = true;
  }
  return tokens;
}

std::vector<AddedToken> added_tokens_of(const TokenizerFolder& folder, const std::vector<AddedToken>& roles,
                                        const TokenModel& model) {
  std::map<int64_t, AddedToken> tokens;
  const std::string place = folder.settings();
  for (AddedToken token : roles) {
    if (const auto id = model.id(token.content); id) {
      token.id = *id;
      tokens.emplace(*id, std::move(token));
    }
  }
  if (const json* further = json_find(folder.config, "added_tokens_decoder", place); further != nullptr) {
    for (const auto& [key, item] : further->items()) {
      const std::optional<int64_t> id = parse_int(key);
      if (!id) throw data_error("\"added_tokens_decoder\" has the key '{}'; expected an id", printable(key)).at(place);
      tokens[*id] = read_added_token(item, place);
    }
  }
  json section = json::array();
  for (const auto& [id, t] : tokens) {
    section.push_back({{"id", id},
                       {"content", t.content},
                       {"single_word", t.single_word},
                       {"lstrip", t.lstrip},
                       {"rstrip", t.rstrip},
                       {"normalized", t.normalized},
                       {"special", t.special}});
  }
  return read_added_tokens(section, model, place);
}

int32_t needed_id(const TokenizerFolder& folder, std::string_view role, const TokenModel& model, const std::string& place) {
  const std::string token = folder.token_of(role);
  const std::optional<int32_t> id = model.id(token);
  if (!id) throw data_error("the {} '{}' is not in the vocabulary", role, printable(token)).at(place);
  return *id;
}

}  // namespace espalier
