// A Hugging Face folder's tokenizer: tokenizer.json, or vocab.txt with the settings of tokenizer_config.json.
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/files.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/text/tokenizer_json.h"

namespace espalier {
namespace {

using nlohmann::json;

// Larger ones stand for "no limit": transformers writes 1e30.
constexpr double kHugeLength = 1e9;

// The token of a role where no file names it: BERT's spelling, then RoBERTa's.
struct Role {
  const char *name, *bert, *roberta;
};
constexpr Role kPad = {"pad_token", "[PAD]", "<pad>"}, kUnk = {"unk_token", "[UNK]", "<unk>"};
constexpr Role kCls = {"cls_token", "[CLS]", "<s>"}, kSep = {"sep_token", "[SEP]", "</s>"};
constexpr Role kMask = {"mask_token", "[MASK]", "<mask>"};

// What the folder holds; absent files are empty objects.
struct Folder {
  fs::path path;
  std::map<std::string, std::string> files;
  json config = json::object(), roles = json::object();

  std::string place(const std::string& name) const { return (path / name).string(); }
  bool take(const std::string& name) {
    std::error_code error;
    if (!fs::is_regular_file(path / name, error)) return false;
    files[name] = read_file(path / name);
    return true;
  }
};

// A role's token is text, or an object that says how it is matched too.
std::optional<std::string> token_of(const json& settings, std::string_view role, const std::string& place) {
  const json* token = json_find(settings, role, place);
  if (token == nullptr) return std::nullopt;
  return token->is_object() ? json_string(*token, "content", place) : json_string(settings, role, place);
}

std::optional<std::string> named_token(const Folder& folder, const Role& role) {
  for (const auto& [settings, name] :
       {std::pair(&folder.config, "tokenizer_config.json"), {&folder.roles, "special_tokens_map.json"}}) {
    if (auto token = token_of(*settings, role.name, folder.place(name)); token) return token;
  }
  return std::nullopt;
}

std::string bert_token(const Folder& folder, const Role& role) { return named_token(folder, role).value_or(role.bert); }

std::vector<std::pair<std::string, int32_t>> read_vocabulary(std::string_view text, const std::string& place) {
  if (!valid_utf8(text)) throw data_error("the vocabulary is not valid UTF-8").at(place);
  std::vector<std::pair<std::string, int32_t>> vocabulary;
  if (text.empty()) return vocabulary;
  if (text.back() == '\n') text.remove_suffix(1);
  for (std::string& line : split(text, '\n')) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    vocabulary.emplace_back(std::move(line), static_cast<int32_t>(vocabulary.size()));
  }
  return vocabulary;
}

// The role tokens, and the further ones that tokenizer_config.json lists by id; none of them is normalised.
std::vector<AddedToken> added_tokens_of(const Folder& folder, const TokenModel& model) {
  std::map<int64_t, AddedToken> tokens;
  const std::string place = folder.place("tokenizer_config.json");
  for (const Role* role : {&kPad, &kUnk, &kCls, &kSep, &kMask}) {
    AddedToken token;
    token.content = bert_token(folder, *role);
    token.special = true;
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

std::unique_ptr<Pipeline> read_vocab_txt(const Folder& folder) {
  const std::string place = folder.place("vocab.txt"), settings = folder.place("tokenizer_config.json");
  auto pipeline = std::make_unique<Pipeline>();
  WordPieceOptions options;
  options.unk_token = bert_token(folder, kUnk);
  pipeline->model = make_wordpiece(read_vocabulary(folder.files.at("vocab.txt"), place), options, place);
  BertNormalizerOptions normalizer;
  normalizer.lowercase = json_bool(folder.config, "do_lower_case", settings, true);
  normalizer.handle_chinese_chars = json_bool(folder.config, "tokenize_chinese_chars", settings, true);
  normalizer.strip_accents = json_bool(folder.config, "strip_accents", settings, normalizer.lowercase);
  pipeline->normalizer = make_bert_normalizer(normalizer);
  pipeline->pre_tokenizer = make_bert_pre_tokenizer();
  pipeline->decoder = make_wordpiece_decoder("##", true);
  pipeline->added = std::make_unique<AddedTokens>(added_tokens_of(folder, *pipeline->model), pipeline->normalizer.get());
  const auto needed = [&](const Role& role) {
    const std::string token = bert_token(folder, role);
    const std::optional<int32_t> id = pipeline->model->id(token);
    if (!id) throw data_error("the {} '{}' is not in the vocabulary", role.name, printable(token)).at(place);
    return *id;
  };
  pipeline->post_processor = bert_template(needed(kCls), needed(kSep));
  return pipeline;
}

SpecialIds find_specials(const Folder& folder, const Pipeline& pipeline) {
  const auto id = [&](const std::string& token) -> std::optional<int32_t> {
    const AddedToken* added = pipeline.added->find(token);
    return added != nullptr ? std::optional(added->id) : pipeline.model->id(token);
  };
  const auto find = [&](const Role& role) {
    if (const auto named = named_token(folder, role); named) return id(*named);
    return id(role.bert) ? id(role.bert) : id(role.roberta);
  };
  return {find(kPad), find(kUnk), find(kCls), find(kSep), find(kMask)};
}

std::optional<int64_t> find_max_length(const Folder& folder) {
  const double length = json_double(folder.config, "model_max_length", folder.place("tokenizer_config.json"), 2 * kHugeLength);
  if (length > kHugeLength) return std::nullopt;
  if (length < 1) {
    throw data_error("\"model_max_length\" is {}; expected at least 1", length).at(folder.place("tokenizer_config.json"));
  }
  return static_cast<int64_t>(length);
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& path) {
  Folder folder;
  folder.path = path;
  const bool whole = folder.take("tokenizer.json");
  if (!whole && !folder.take("vocab.txt")) {
    throw data_error("found no tokenizer.json and no vocab.txt")
        .at(path.string())
        .hint("SentencePiece and merges.txt tokenizers are not built; save the tokenizer as tokenizer.json");
  }
  if (folder.take("tokenizer_config.json")) {
    folder.config = parse_json(folder.files["tokenizer_config.json"], folder.place("tokenizer_config.json"));
  }
  if (folder.take("special_tokens_map.json")) {
    folder.roles = parse_json(folder.files["special_tokens_map.json"], folder.place("special_tokens_map.json"));
  }
  std::unique_ptr<Pipeline> pipeline;
  if (whole) {
    const std::string place = folder.place("tokenizer.json");
    pipeline = read_tokenizer_json(parse_json(folder.files["tokenizer.json"], place), place);
    folder.take("vocab.txt");
  } else {
    pipeline = read_vocab_txt(folder);
  }
  const SpecialIds specials = find_specials(folder, *pipeline);
  const std::optional<int64_t> max_length = find_max_length(folder);
  return std::make_unique<Tokenizer>(std::move(pipeline), specials, max_length, std::move(folder.files));
}

}  // namespace espalier
