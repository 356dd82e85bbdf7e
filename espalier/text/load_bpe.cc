// Byte-level BPE from its old files, vocab.json and merges.txt, as GPT-2, RoBERTa, BART and CLIP have them.
#include <algorithm>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/text/bpe_files.h"
#include "espalier/text/tokenizer_folder.h"
#include "espalier/text/tokenizer_json.h"

namespace espalier {
namespace {

using nlohmann::json;

constexpr const char *kEndOfText = "<|endoftext|>", *kStartOfText = "<|startoftext|>";

// Whose files a folder holds, and their role tokens where no file names others.
struct BpeFamily {
  RoleTokens roles;
};
const BpeFamily kGpt2 = {{{"bos_token", kEndOfText}, {"eos_token", kEndOfText}, {"unk_token", kEndOfText}}};
const BpeFamily kRoberta = {{{"bos_token", "<s>"},
                             {"eos_token", "</s>"},
                             {"sep_token", "</s>"},
                             {"cls_token", "<s>"},
                             {"unk_token", "<unk>"},
                             {"pad_token", "<pad>"},
                             {"mask_token", "<mask>"}}};
const BpeFamily kClip = {
    {{"bos_token", kStartOfText}, {"eos_token", kEndOfText}, {"unk_token", kEndOfText}, {"pad_token", kEndOfText}}};

// Beginnings of tokenizer classes and of model types.
constexpr std::pair<const char*, const BpeFamily*> kLike[] = {
    {"CLIP", &kClip},          {"clip", &kClip},          {"GPT2", &kGpt2},    {"gpt2", &kGpt2},
    {"Roberta", &kRoberta},    {"roberta", &kRoberta},    {"Bart", &kRoberta}, {"bart", &kRoberta},
    {"Longformer", &kRoberta}, {"longformer", &kRoberta}, {"LED", &kRoberta},  {"led", &kRoberta}};

// By the class that tokenizer_config.json names or the model's type, else by the tokens of the vocabulary.
const BpeFamily& family_of(const TokenizerFolder& folder, const Vocabulary& vocabulary) {
  const std::string name = folder.family_name();
  for (const auto& [like, family] : kLike) {
    if (name.starts_with(like)) return *family;
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

}  // namespace

std::unique_ptr<Pipeline> read_vocab_json(TokenizerFolder& folder) {
  const std::string place = folder.place("vocab.json");
  if (!folder.take("merges.txt")) {
    throw data_error("found vocab.json but no merges.txt").at(folder.path.string()).hint("byte-pair encoding needs both");
  }
  Vocabulary vocabulary = read_vocabulary_json(parse_json(folder.files["vocab.json"], place), place);
  const auto merges = read_merges_txt(folder.files["merges.txt"], folder.place("merges.txt"));
  const BpeFamily& family = family_of(folder, vocabulary);
  folder.usual = family.roles;
  BpeOptions options;
  if (&family == &kClip) {
    options.unk_token = folder.token_of("unk_token");
    options.end_of_word_suffix = "</w>";
  }
  const bool add_prefix_space = json_bool(folder.config, "add_prefix_space", folder.settings(), false);
  auto pipeline = std::make_unique<Pipeline>();
  pipeline->model = make_bpe(std::move(vocabulary), merges, options, place);
  json parts = bpe_parts(family, add_prefix_space);
  if (!parts["normalizer"].is_null()) pipeline->normalizer = read_normalizer(parts["normalizer"], place);
  take_last_step(parts["pre_tokenizer"], place, *pipeline);
  if (!parts["pre_tokenizer"].is_null()) pipeline->pre_tokenizer = read_pre_tokenizer(parts["pre_tokenizer"], place);
  pipeline->decoder = make_byte_level_decoder(options.end_of_word_suffix);
  pipeline->added = std::make_unique<AddedTokens>(added_tokens_of(folder, folder.role_tokens(true), *pipeline->model),
                                                  pipeline->normalizer.get());
  const auto needed = [&](std::string_view role) { return needed_id(folder, role, *pipeline->model, place); };
  if (&family == &kRoberta) {
    pipeline->post_processor = roberta_template(needed("cls_token"), needed("sep_token"));
    if (json_bool(folder.config, "trim_offsets", folder.settings(), true)) {
      pipeline->post_processor.trim = Trim{add_prefix_space};
    }
  } else if (&family == &kClip) {
    pipeline->post_processor = roberta_template(needed("bos_token"), needed("eos_token"));
  } else if (json_bool(folder.config, "add_bos_token", folder.settings(), false)) {
    using Kind = TemplateItem::Kind;
    const int32_t bos = needed("bos_token");
    pipeline->post_processor.single = {{Kind::special, 0, {bos}}, {Kind::first, 0}};
    pipeline->post_processor.pair = {{Kind::special, 0, {bos}}, {Kind::first, 0}, {Kind::special, 1, {bos}}, {Kind::second, 1}};
  }
  return pipeline;
}

}  // namespace espalier
