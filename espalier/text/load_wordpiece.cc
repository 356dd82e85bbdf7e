// WordPiece from its old file, vocab.txt, as BERT, DistilBERT and ELECTRA have it.
#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/text/tokenizer_folder.h"
#include "espalier/text/vocabulary.h"

namespace espalier {
namespace {

const RoleTokens kRoles = {
    {"pad_token", "[PAD]"}, {"unk_token", "[UNK]"}, {"cls_token", "[CLS]"}, {"sep_token", "[SEP]"}, {"mask_token", "[MASK]"}};

Vocabulary read_vocabulary(std::string_view text, const std::string& place) {
  if (!valid_utf8(text)) throw data_error("the vocabulary is not valid UTF-8").at(place);
  Vocabulary vocabulary;
  if (text.empty()) return vocabulary;
  if (text.back() == '\n') text.remove_suffix(1);
  for (std::string& line : split(text, '\n')) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    vocabulary.emplace_back(std::move(line), static_cast<int32_t>(vocabulary.size()));
  }
  return vocabulary;
}

// Only their text is taken from files, as transformers does.
std::vector<AddedToken> bert_roles(const TokenizerFolder& folder) {
  std::vector<AddedToken> tokens;
  for (const auto& [role, content] : kRoles) {
    tokens.emplace_back().content = folder.token_of(role);
    tokens.back().special = true;
  }
  return tokens;
}

}  // namespace

std::unique_ptr<Pipeline> read_vocab_txt(TokenizerFolder& folder) {
  const std::string place = folder.place("vocab.txt"), settings = folder.settings();
  folder.usual = kRoles;
  auto pipeline = std::make_unique<Pipeline>();
  WordPieceOptions options;
  options.unk_token = folder.token_of("unk_token");
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
  const auto needed = [&](std::string_view role) { return needed_id(folder, role, *pipeline->model, place); };
  pipeline->post_processor = bert_template(needed("cls_token"), needed("sep_token"));
  return pipeline;
}

}  // namespace espalier
