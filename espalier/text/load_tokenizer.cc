// A Hugging Face folder's tokenizer: tokenizer.json, or the old files of one kind, with the settings of tokenizer_config.json.
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/files.h"
#include "espalier/io/json.h"
#include "espalier/text/tokenizer_folder.h"
#include "espalier/text/tokenizer_json.h"

namespace espalier {
namespace {

using nlohmann::json;

// Larger ones stand for "no limit": transformers writes 1e30.
constexpr double kHugeLength = 1e9;

// The tokens that have a role where no file and no family names it: the first that is there.
struct Role {
  const char* name;
  std::vector<const char*> spellings;
};
const Role kPad = {"pad_token", {"[PAD]", "<pad>"}}, kUnk = {"unk_token", {"[UNK]", "<unk>"}},
           kCls = {"cls_token", {"[CLS]", "<s>"}}, kSep = {"sep_token", {"[SEP]", "</s>"}},
           kMask = {"mask_token", {"[MASK]", "<mask>"}}, kBos = {"bos_token", {"<s>", "<|startoftext|>", "<|endoftext|>"}},
           kEos = {"eos_token", {"</s>", "<|endoftext|>"}};

// In the order in which they are looked for.
constexpr struct {
  const char* name;
  std::unique_ptr<Pipeline> (*read)(TokenizerFolder& folder);
} kOldFiles[] = {{"vocab.txt", read_vocab_txt}, {"vocab.json", read_vocab_json}, {"spiece.model", read_spiece_model}};

std::unique_ptr<Pipeline> read_pipeline(TokenizerFolder& folder) {
  if (folder.take("tokenizer.json")) {
    const std::string place = folder.place("tokenizer.json");
    auto pipeline = read_tokenizer_json(parse_json(folder.files["tokenizer.json"], place), place);
    for (const char* old : {"vocab.txt", "vocab.json", "merges.txt", "spiece.model"}) folder.take(old);
    return pipeline;
  }
  for (const auto& [name, read] : kOldFiles) {
    if (folder.take(name)) return read(folder);
  }
  for (const char* name : {"sentencepiece.bpe.model", "tokenizer.model", "spm.model"}) {
    if (!folder.take(name)) continue;
    throw unsupported_error("found {}, which is not built, and no tokenizer.json", name)
        .at(folder.path.string())
        .hint("save the tokenizer as tokenizer.json; of SentencePiece's own files spiece.model is read");
  }
  throw data_error("found no tokenizer.json, no vocab.txt, no vocab.json and no spiece.model").at(folder.path.string());
}

SpecialIds find_specials(const TokenizerFolder& folder, const Pipeline& pipeline) {
  const auto id = [&](const std::string& token) -> std::optional<int32_t> {
    const AddedToken* added = pipeline.added->find(token);
    return added != nullptr ? std::optional(added->id) : pipeline.model->id(token);
  };
  const auto find = [&](const Role& role) -> std::optional<int32_t> {
    if (const std::string token = folder.token_of(role.name); !token.empty()) return id(token);
    if (!folder.usual.empty()) return std::nullopt;  // the family has no such role
    for (const char* token : role.spellings) {
      if (const auto found = id(token); found) return found;
    }
    return std::nullopt;
  };
  return {find(kPad), find(kUnk), find(kCls), find(kSep), find(kMask), find(kBos), find(kEos)};
}

std::optional<int64_t> find_max_length(const TokenizerFolder& folder) {
  const double length = json_double(folder.config, "model_max_length", folder.settings(), 2 * kHugeLength);
  if (length > kHugeLength) return std::nullopt;
  if (length < 1) {
    throw data_error("\"model_max_length\" is {}; expected at least 1", length).at(folder.settings());
  }
  return static_cast<int64_t>(length);
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& path) {
  TokenizerFolder folder{path};
  if (folder.take("tokenizer_config.json")) {
    folder.config = parse_json(folder.files["tokenizer_config.json"], folder.settings());
  }
  if (folder.take("special_tokens_map.json")) {
    folder.roles = parse_json(folder.files["special_tokens_map.json"], folder.place("special_tokens_map.json"));
  }
  auto pipeline = read_pipeline(folder);
  const SpecialIds specials = find_specials(folder, *pipeline);
  const std::optional<int64_t> max_length = find_max_length(folder);
  return std::make_unique<Tokenizer>(std::move(pipeline), specials, max_length, std::move(folder.files));
}

}  // namespace espalier
