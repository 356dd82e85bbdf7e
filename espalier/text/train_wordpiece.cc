#include "espalier/text/train_wordpiece.h"

#include <nlohmann/json.hpp>

#include "espalier/text/tokenizer_json_writer.h"

namespace espalier {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kPrefix = "##";

}  // namespace

WordPieceTrainer::WordPieceTrainer(WordPieceTraining options)
    : options_(std::move(options)),
      normalizer_(make_bert_normalizer({.strip_accents = options_.lowercase, .lowercase = options_.lowercase})),
      pre_tokenizer_(make_bert_pre_tokenizer()) {}

void WordPieceTrainer::add(std::string_view text) {
  const NormalText normal = normalize(normalizer_.get(), text, 0);
  std::vector<Span> words;
  pre_tokenizer_->split(normal.text, {0, static_cast<int32_t>(normal.text.size())}, words);
  for (const Span& word : words) {
    words_.add(std::string_view(normal.text).substr(size_t(word.begin), size_t(word.end - word.begin)));
  }
}

LearnedVocabulary WordPieceTrainer::train() const { return learn_merges(words_, options_.vocabulary, kPrefix); }

void write_wordpiece(const LearnedVocabulary& learned, const WordPieceTraining& options, const fs::path& folder,
                     int64_t max_length) {
  const Json vocabulary = vocabulary_json(learned.tokens);
  const auto id = [&](const char* token) { return vocabulary.at(token).get<int32_t>(); };
  Json file = tokenizer_json_frame(special_token_list(learned.tokens, options.vocabulary.special));
  file["normalizer"] = {{"type", "BertNormalizer"},
                        {"clean_text", true},
                        {"handle_chinese_chars", true},
                        {"strip_accents", nullptr},
                        {"lowercase", options.lowercase}};
  file["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  file["post_processor"] = template_json({{"[CLS]", id("[CLS]")}, {"[SEP]", id("[SEP]")}}, {"[CLS]", "A:0", "[SEP]"},
                                         {"[CLS]", "A:0", "[SEP]", "B:1", "[SEP]:1"});
  file["decoder"] = {{"type", "WordPiece"}, {"prefix", kPrefix}, {"cleanup", true}};
  file["model"] = {{"type", "WordPiece"},
                   {"unk_token", "[UNK]"},
                   {"continuing_subword_prefix", kPrefix},
                   {"max_input_chars_per_word", 100},
                   {"vocab", vocabulary}};
  Json settings = {{"tokenizer_class", "BertTokenizer"},
                   {"do_lower_case", options.lowercase},
                   {"strip_accents", nullptr},
                   {"tokenize_chinese_chars", true},
                   {"pad_token", "[PAD]"},
                   {"unk_token", "[UNK]"},
                   {"cls_token", "[CLS]"},
                   {"sep_token", "[SEP]"},
                   {"mask_token", "[MASK]"}};
  std::string lines;
  for (const std::string& token : learned.tokens) lines += token + "\n";
  write_tokenizer_folder(folder, file, std::move(settings), max_length, {{"vocab.txt", lines}});
}

}  // namespace espalier
