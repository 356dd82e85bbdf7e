// A Hugging Face folder's tokenizer: tokenizer.json, or vocab.txt, or vocab.json and merges.txt, with the settings of
// tokenizer_config.json.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/files.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/text/bpe_files.h"
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

constexpr const char *kEndOfText = "<|endoftext|>", *kStartOfText = "<|startoftext|>";

// Whose vocab.json and merges.txt a folder holds, and their role tokens where no file names others.
struct BpeFamily {
  const char* name;
  std::vector<std::pair<const char*, const char*>> roles;
};
const BpeFamily kGpt2 = {"GPT2", {{"bos_token", kEndOfText}, {"eos_token", kEndOfText}, {"unk_token", kEndOfText}}};
const BpeFamily kRoberta = {"Roberta",
                            {{"bos_token", "<s>"},
                             {"eos_token", "</s>"},
                             {"sep_token", "</s>"},
                             {"cls_token", "<s>"},
                             {"unk_token", "<unk>"},
                             {"pad_token", "<pad>"},
                             {"mask_token", "<mask>"}}};
const BpeFamily kClip = {
    "CLIP", {{"bos_token", kStartOfText}, {"eos_token", kEndOfText}, {"unk_token", kEndOfText}, {"pad_token", kEndOfText}}};

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

std::optional<std::string> named_token(const Folder& folder, std::string_view role) {
  for (const auto& [settings, name] :
       {std::pair(&folder.config, "tokenizer_config.json"), {&folder.roles, "special_tokens_map.json"}}) {
    if (auto token = token_of(*settings, role, folder.place(name)); token) return token;
  }
  return std::nullopt;
}

std::string bert_token(const Folder& folder, const Role& role) { return named_token(folder, role.name).value_or(role.bert); }

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

// A role's token where a file says how it is matched, else `plain`.
AddedToken role_token(const Folder& folder, std::string_view role, AddedToken plain) {
  for (const auto& [settings, name] :
       {std::pair(&folder.config, "tokenizer_config.json"), {&folder.roles, "special_tokens_map.json"}}) {
    const json* token = json_find(*settings, role, folder.place(name));
    if (token == nullptr) continue;
    if (token->is_object()) {
      plain = read_added_token(*token, folder.place(name));
    } else {
      plain.content = json_string(*settings, role, folder.place(name));
    }
    break;
  }
  plain.special = true;
  return plain;
}

// The role tokens that the vocabulary has, and the further ones that tokenizer_config.json lists by id.
std::vector<AddedToken> added_tokens_of(const Folder& folder, const std::vector<AddedToken>& roles, const TokenModel& model) {
  std::map<int64_t, AddedToken> tokens;
  const std::string place = folder.place("tokenizer_config.json");
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

std::vector<AddedToken> bert_roles(const Folder& folder) {
  std::vector<AddedToken> roles;
  for (const Role* role : {&kPad, &kUnk, &kCls, &kSep, &kMask}) {
    roles.emplace_back().content = bert_token(folder, *role);
    roles.back().special = true;
  }
  return roles;
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
  pipeline->added =
      std::make_unique<AddedTokens>(added_tokens_of(folder, bert_roles(folder), *pipeline->model), pipeline->normalizer.get());
  const auto needed = [&](const Role& role) {
    const std::string token = bert_token(folder, role);
    const std::optional<int32_t> id = pipeline->model->id(token);
    if (!id) throw data_error("the {} '{}' is not in the vocabulary", role.name, printable(token)).at(place);
    return *id;
  };
  pipeline->post_processor = bert_template(needed(kCls), needed(kSep));
  return pipeline;
}

// By the class that tokenizer_config.json names, else by the tokens of the vocabulary.
const BpeFamily& family_of(const Folder& folder, const Vocabulary& vocabulary) {
  const std::string name = json_string(folder.config, "tokenizer_class", folder.place("tokenizer_config.json"), "");
  if (name.starts_with("CLIP")) return kClip;
  if (name.starts_with("GPT2")) return kGpt2;
  for (const char* like : {"Roberta", "Bart", "Longformer", "LED"}) {
    if (name.starts_with(like)) return kRoberta;
  }
  const auto has = [&](std::string_view token) {
    return std::any_of(vocabulary.begin(), vocabulary.end(), [&](const auto& entry) { return entry.first == token; });
  };
  if (has(kStartOfText) && has("a</w>")) return kClip;
  return has("<s>") && has("</s>") ? kRoberta : kGpt2;
}

// The settings of one family as its tokenizer.json has them.
json bpe_parts(const BpeFamily& family, bool add_prefix_space) {
  json parts = {{"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", add_prefix_space}}},
                {"decoder", {{"type", "ByteLevel"}}},
                {"normalizer", nullptr}};
  if (&family != &kClip) return parts;
  const json split = {
      {"type", "Split"},
      {"pattern", {{"Regex", R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)"}}},
      {"behavior", "Removed"},
      {"invert", true}};
  parts["pre_tokenizer"] = {{"type", "Sequence"},
                            {"pretokenizers", json::array({split, {{"type", "ByteLevel"}, {"add_prefix_space", false}}})}};
  const json replace = {{"type", "Replace"}, {"pattern", {{"Regex", R"(\s+)"}}}, {"content", " "}};
  parts["normalizer"] = {{"type", "Sequence"},
                         {"normalizers", json::array({json{{"type", "NFC"}}, replace, json{{"type", "Lowercase"}}})}};
  return parts;
}

std::vector<AddedToken> bpe_roles(const Folder& folder, const BpeFamily& family) {
  std::vector<AddedToken> roles;
  for (const auto& [role, content] : family.roles) {
    AddedToken token;
    token.content = content;
    token.lstrip = std::string_view(role) == kMask.name;  // the mask takes the space before it
    roles.push_back(role_token(folder, role, std::move(token)));
  }
  return roles;
}

std::unique_ptr<Pipeline> read_vocab_json(Folder& folder) {
  const std::string place = folder.place("vocab.json"), settings = folder.place("tokenizer_config.json");
  if (!folder.take("merges.txt")) {
    throw data_error("found vocab.json but no merges.txt").at(folder.path.string()).hint("byte-pair encoding needs both");
  }
  Vocabulary vocabulary = read_vocabulary_json(parse_json(folder.files["vocab.json"], place), place);
  const auto merges = read_merges_txt(folder.files["merges.txt"], folder.place("merges.txt"));
  const BpeFamily& family = family_of(folder, vocabulary);
  const std::vector<AddedToken> roles = bpe_roles(folder, family);
  const auto content_of = [&](std::string_view role) {
    for (size_t i = 0; i < roles.size(); ++i) {
      if (family.roles[i].first == role) return roles[i].content;
    }
    return std::string();
  };
  BpeOptions options;
  if (&family == &kClip) {
    options.unk_token = content_of("unk_token");
    options.end_of_word_suffix = "</w>";
  }
  const bool add_prefix_space = json_bool(folder.config, "add_prefix_space", settings, false);
  auto pipeline = std::make_unique<Pipeline>();
  pipeline->model = make_bpe(std::move(vocabulary), merges, options, place);
  json parts = bpe_parts(family, add_prefix_space);
  if (!parts["normalizer"].is_null()) pipeline->normalizer = read_normalizer(parts["normalizer"], place);
  pipeline->byte_level = take_byte_level(parts["pre_tokenizer"], place);
  if (!parts["pre_tokenizer"].is_null()) pipeline->pre_tokenizer = read_pre_tokenizer(parts["pre_tokenizer"], place);
  pipeline->decoder = make_byte_level_decoder(options.end_of_word_suffix);
  pipeline->added = std::make_unique<AddedTokens>(added_tokens_of(folder, roles, *pipeline->model), pipeline->normalizer.get());
  const auto needed = [&](std::string_view role) {
    const std::string token = content_of(role);
    const std::optional<int32_t> id = pipeline->model->id(token);
    if (!id) throw data_error("the {} '{}' is not in the vocabulary", role, printable(token)).at(place);
    return *id;
  };
  if (&family == &kRoberta) {
    pipeline->post_processor = roberta_template(needed("cls_token"), needed("sep_token"));
    if (json_bool(folder.config, "trim_offsets", settings, true)) pipeline->post_processor.trim = Trim{add_prefix_space};
  } else if (&family == &kClip) {
    pipeline->post_processor = roberta_template(needed("bos_token"), needed("eos_token"));
  } else if (json_bool(folder.config, "add_bos_token", settings, false)) {
    using Kind = TemplateItem::Kind;
    const int32_t bos = needed("bos_token");
    pipeline->post_processor.single = {{Kind::special, 0, {bos}}, {Kind::first, 0}};
    pipeline->post_processor.pair = {{Kind::special, 0, {bos}}, {Kind::first, 0}, {Kind::special, 1, {bos}}, {Kind::second, 1}};
  }
  return pipeline;
}

SpecialIds find_specials(const Folder& folder, const Pipeline& pipeline) {
  const auto id = [&](const std::string& token) -> std::optional<int32_t> {
    const AddedToken* added = pipeline.added->find(token);
    return added != nullptr ? std::optional(added->id) : pipeline.model->id(token);
  };
  const auto find = [&](const Role& role) {
    if (const auto named = named_token(folder, role.name); named) return id(*named);
    return id(role.bert) ? id(role.bert) : id(role.roberta);
  };
  const auto find_end = [&](std::string_view role, std::initializer_list<const char*> usual) -> std::optional<int32_t> {
    if (const auto named = named_token(folder, role); named) return id(*named);
    for (const char* token : usual) {
      if (const auto found = id(token); found) return found;
    }
    return std::nullopt;
  };
  return {find(kPad),
          find(kUnk),
          find(kCls),
          find(kSep),
          find(kMask),
          find_end("bos_token", {"<s>", kStartOfText, kEndOfText}),
          find_end("eos_token", {"</s>", kEndOfText})};
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
  const bool words = !whole && folder.take("vocab.txt"), pairs = !whole && !words && folder.take("vocab.json");
  if (!whole && !words && !pairs) {
    throw data_error("found no tokenizer.json and no vocab.txt, and no vocab.json")
        .at(path.string())
        .hint("SentencePiece tokenizers are not built; save the tokenizer as tokenizer.json");
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
    for (const char* old : {"vocab.txt", "vocab.json", "merges.txt"}) folder.take(old);
  } else {
    pipeline = words ? read_vocab_txt(folder) : read_vocab_json(folder);
  }
  const SpecialIds specials = find_specials(folder, *pipeline);
  const std::optional<int64_t> max_length = find_max_length(folder);
  return std::make_unique<Tokenizer>(std::move(pipeline), specials, max_length, std::move(folder.files));
}

}  // namespace espalier
