#include "espalier/text/train_bpe.h"

#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/text/byte_level.h"
#include "espalier/text/text_pattern.h"
#include "espalier/text/tokenizer_json_writer.h"
#include "espalier/text/unicode.h"

namespace espalier {
namespace {

using Json = nlohmann::ordered_json;

struct StyleFacts {
  std::vector<std::string> special;
  std::vector<std::pair<const char*, const char*>> roles;
  const char* reader;  ///< transformers' class
};

const StyleFacts& facts_of(BpeStyle style) {
  static const StyleFacts kGpt2 = {
      {"<|endoftext|>"},
      {{"bos_token", "<|endoftext|>"}, {"eos_token", "<|endoftext|>"}, {"unk_token", "<|endoftext|>"}},
      "GPT2Tokenizer"};
  static const StyleFacts kRoberta = {{"<s>", "<pad>", "</s>", "<unk>", "<mask>"},
                                      {{"bos_token", "<s>"},
                                       {"eos_token", "</s>"},
                                       {"sep_token", "</s>"},
                                       {"cls_token", "<s>"},
                                       {"unk_token", "<unk>"},
                                       {"pad_token", "<pad>"},
                                       {"mask_token", "<mask>"}},
                                      "RobertaTokenizer"};
  static const StyleFacts kT5 = {{"<pad>", "</s>", "<unk>"},
                                 {{"eos_token", "</s>"}, {"unk_token", "<unk>"}, {"pad_token", "<pad>"}},
                                 "PreTrainedTokenizerFast"};
  return style == BpeStyle::gpt2 ? kGpt2 : style == BpeStyle::roberta ? kRoberta : kT5;
}

std::string as_characters(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += text_of_byte(static_cast<unsigned char>(byte));
  return text;
}

Json merges_json(const LearnedVocabulary& learned) {
  Json merges = Json::array();
  for (const auto& [left, right] : learned.merges) merges.push_back({left, right});
  return merges;
}

}  // namespace

VocabularyOptions BpeTraining::vocabulary() const {
  return {.size = style == BpeStyle::t5 ? size - sentinels : size,
          .min_frequency = min_frequency,
          .special = facts_of(style).special};
}

void BpeTrainer::add(std::string_view text) {
  std::string spaced;
  if (options_.prefix_space && !text.empty() && text[0] != ' ') {
    spaced.append(" ").append(text);
    text = spaced;
  }
  for (size_t at = 0; at < text.size();) {
    const size_t end = match_gpt2(text, at);
    words_.add(text.substr(at, end - at));
    at = end;
  }
}

LearnedVocabulary BpeTrainer::train() const {
  WordCounts written;
  for (size_t i = 0; i < words_.size(); ++i) written.add(as_characters(words_.word(i)), words_.count(i));
  std::vector<char32_t> bytes;
  for (int byte = 0; byte < 256; ++byte) {
    size_t at = 0;
    bytes.push_back(next_char(text_of_byte(static_cast<unsigned char>(byte)), at));
  }
  LearnedVocabulary learned = learn_merges(written, options_.vocabulary(), "", bytes);
  if (options_.style != BpeStyle::t5) return learned;
  for (int64_t i = options_.sentinels; i-- > 0;) learned.tokens.push_back(fmt::format("<extra_id_{}>", i));
  return learned;
}

void write_bpe(const LearnedVocabulary& learned, const BpeTraining& options, const fs::path& folder, int64_t max_length) {
  const StyleFacts& facts = facts_of(options.style);
  const Json vocabulary = vocabulary_json(learned.tokens);
  std::vector<std::string> special = facts.special, sentinels;
  for (int64_t i = 0; options.style == BpeStyle::t5 && i < options.sentinels; ++i) {
    sentinels.push_back(fmt::format("<extra_id_{}>", i));
  }
  special.insert(special.end(), sentinels.begin(), sentinels.end());
  Json file = tokenizer_json_frame(special_token_list(learned.tokens, special, "<mask>"));
  file["pre_tokenizer"] = {
      {"type", "ByteLevel"}, {"add_prefix_space", options.prefix_space}, {"trim_offsets", true}, {"use_regex", true}};
  const auto with_id = [&](const char* token) {
    return std::pair<std::string, int32_t>(token, vocabulary.at(token).get<int32_t>());
  };
  if (options.style == BpeStyle::gpt2) {
    file["post_processor"] = {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", false}, {"use_regex", true}};
  } else if (options.style == BpeStyle::roberta) {
    file["post_processor"] = {{"type", "RobertaProcessing"},
                              {"sep", Json::array({"</s>", with_id("</s>").second})},
                              {"cls", Json::array({"<s>", with_id("<s>").second})},
                              {"trim_offsets", true},
                              {"add_prefix_space", options.prefix_space}};
  } else {
    file["post_processor"] = template_json({with_id("</s>")}, {"A", "</s>"}, {"A", "</s>", "B", "</s>"});
  }
  file["decoder"] = {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}};
  file["model"] = {{"type", "BPE"},
                   {"dropout", nullptr},
                   {"unk_token", nullptr},
                   {"continuing_subword_prefix", ""},
                   {"end_of_word_suffix", ""},
                   {"fuse_unk", false},
                   {"byte_fallback", false},
                   {"ignore_merges", false},
                   {"vocab", vocabulary},
                   {"merges", merges_json(learned)}};
  Json settings = {{"tokenizer_class", facts.reader}, {"add_prefix_space", options.prefix_space}};
  for (const auto& [role, token] : facts.roles) settings[role] = token;
  if (!sentinels.empty()) settings["additional_special_tokens"] = sentinels;
  std::map<std::string, std::string> old;
  if (options.style != BpeStyle::t5) {
    old["merges.txt"] = "#version: 0.2\n";
    for (const auto& [left, right] : learned.merges) old["merges.txt"] += left + " " + right + "\n";
    old["vocab.json"] = vocabulary.dump() + "\n";
  }
  write_tokenizer_folder(folder, file, std::move(settings), max_length, old);
}

}  // namespace espalier
