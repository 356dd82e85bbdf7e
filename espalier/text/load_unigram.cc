// Unigram from SentencePiece's file, spiece.model, as T5, ALBERT and XLNet have it and as transformers loads it: the pieces and
// the character map are the file's, the steps around them the family's.
#include <algorithm>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/text/sentencepiece_file.h"
#include "espalier/text/tokenizer_folder.h"
#include "espalier/text/tokenizer_json.h"

namespace espalier {
namespace {

using nlohmann::json;
using Kind = TemplateItem::Kind;
using Pieces = std::vector<std::pair<std::string, double>>;

enum class Family : uint8_t { t5, albert, xlnet };

const RoleTokens kT5 = {{"eos_token", "</s>"}, {"unk_token", "<unk>"}, {"pad_token", "<pad>"}};
const RoleTokens kAlbert = {{"bos_token", "[CLS]"}, {"eos_token", "[SEP]"}, {"unk_token", "<unk>"},  {"sep_token", "[SEP]"},
                            {"pad_token", "<pad>"}, {"cls_token", "[CLS]"}, {"mask_token", "[MASK]"}};
const RoleTokens kXlnet = {{"bos_token", "<s>"},   {"eos_token", "</s>"},  {"unk_token", "<unk>"},  {"sep_token", "<sep>"},
                           {"pad_token", "<pad>"}, {"cls_token", "<cls>"}, {"mask_token", "<mask>"}};

// By the class that tokenizer_config.json names or the model's type, else by the pieces.
Family family_of(const TokenizerFolder& folder, const SentencePieceFile& file, const std::string& place) {
  constexpr std::pair<std::string_view, Family> kLike[] = {
      {"T5", Family::t5},         {"MT5", Family::t5},        {"t5", Family::t5},       {"mt5", Family::t5},
      {"Albert", Family::albert}, {"albert", Family::albert}, {"XLNet", Family::xlnet}, {"xlnet", Family::xlnet},
  };
  const std::string name = folder.family_name();
  for (const auto& [like, family] : kLike) {
    if (name.starts_with(like)) return family;
  }
  if (!name.empty() && !name.starts_with("PreTrainedTokenizer") && !name.starts_with("TokenizersBackend")) {
    throw unsupported_error("spiece.model of \"{}\" is not built", printable(name))
        .at(place)
        .hint("built: those of T5, ALBERT and XLNet; save others as tokenizer.json");
  }
  const auto has = [&](std::string_view text) {
    return std::any_of(file.pieces.begin(), file.pieces.end(), [&](const SentencePiece& piece) { return piece.text == text; });
  };
  if (has("[CLS]") && has("[SEP]")) return Family::albert;
  return has("<cls>") && has("<sep>") ? Family::xlnet : Family::t5;
}

void refuse_unknown_settings(const SentencePieceFile& file, const std::string& place) {
  Problems problems;
  const auto refuse = [&](bool is, const std::string& what) {
    if (is) problems.add(place, what);
  };
  refuse(file.model_type != 1, fmt::format("model_type {} (BPE, words or characters); built: 1, unigram", file.model_type));
  refuse(file.byte_fallback, "byte_fallback");
  refuse(file.treat_whitespace_as_suffix, "treat_whitespace_as_suffix");
  refuse(!file.add_dummy_prefix, "add_dummy_prefix off");
  refuse(!file.remove_extra_whitespaces, "remove_extra_whitespaces off");
  refuse(!file.escape_whitespaces, "escape_whitespaces off");
  problems.raise(ErrorKind::unsupported, "the SentencePiece model has settings that are not built; save it as tokenizer.json");
}

// T5's sentinels stand behind the pieces, the last first.
std::vector<std::string> sentinels(const TokenizerFolder& folder, Family family) {
  constexpr int64_t kMost = 100000;
  std::vector<std::string> tokens;
  if (family != Family::t5) return tokens;
  const int64_t count = json_int(folder.config, "extra_ids", folder.settings(), 100);
  if (count < 0 || count > kMost) {
    throw data_error("\"extra_ids\" is {}; expected 0 to {}", count, kMost).at(folder.settings());
  }
  for (int64_t i = count - 1; i >= 0; --i) tokens.push_back(fmt::format("<extra_id_{}>", i));
  return tokens;
}

json steps_of(const TokenizerFolder& folder, Family family) {
  const bool t5 = family == Family::t5, albert = family == Family::albert;
  const bool put = !albert || json_bool(folder.config, "add_prefix_space", folder.settings(), true);
  const json metaspace = {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", put ? "always" : "never"}};
  json normalizers = json::array();
  const auto quote = [](const char* text) {
    return json{{"type", "Replace"}, {"pattern", {{"String", text}}}, {"content", "\""}};
  };
  if (!t5) normalizers = {quote("``"), quote("''")};
  if (!t5 && !(albert && json_bool(folder.config, "keep_accents", folder.settings(), false))) {
    normalizers.push_back({{"type", "NFKD"}});
    normalizers.push_back({{"type", "StripAccents"}});
  }
  if (!t5 && json_bool(folder.config, "do_lower_case", folder.settings(), albert)) normalizers.push_back({{"type", "Lowercase"}});
  return {
      {"normalizers", normalizers},
      {"decoder", metaspace},
      {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", json::array({json{{"type", "WhitespaceSplit"}}, metaspace})}}}};
}

std::unique_ptr<Normalizer> normalizer_of(const SentencePieceFile& file, const json& steps, const std::string& place) {
  std::vector<std::unique_ptr<Normalizer>> made;
  for (const json& step : steps) made.push_back(read_normalizer(step, place));
  if (!file.precompiled_charsmap.empty()) made.push_back(make_precompiled(file.precompiled_charsmap, place));
  return made.empty() ? nullptr : make_normalizer_sequence(std::move(made));
}

// A </s> [B </s>] for T5; BERT's template for ALBERT; A <sep> [B <sep>] <cls> for XLNet, its class token in segment 2.
PostProcessor template_of(Family family, const auto& needed) {
  const auto special = [&](const char* role, int32_t segment) { return TemplateItem{Kind::special, segment, {needed(role)}}; };
  if (family == Family::albert) return bert_template(needed("cls_token"), needed("sep_token"));
  const TemplateItem first = {Kind::first, 0};
  if (family == Family::t5) {
    const TemplateItem end = special("eos_token", 0);
    return {{first, end}, {first, end, {Kind::second, 0}, end}};
  }
  const TemplateItem sep = special("sep_token", 0), cls = special("cls_token", 2);
  return {{first, sep, cls}, {first, sep, {Kind::second, 1}, special("sep_token", 1), cls}};
}

// Control and user-defined pieces are cut out of the text; the roles' and the sentinels too.
std::vector<AddedToken> special_tokens(const TokenizerFolder& folder, Family family, const SentencePieceFile& file,
                                       const std::vector<std::string>& extra) {
  std::vector<AddedToken> tokens = folder.role_tokens(false);
  const auto add = [&](const std::string& content, bool special) {
    const auto same = [&](const AddedToken& token) { return token.content == content; };
    if (std::any_of(tokens.begin(), tokens.end(), same)) return;
    tokens.emplace_back().content = content;
    tokens.back().special = special;
  };
  for (const std::string& token : extra) add(token, true);
  if (family == Family::xlnet) add("<eop>", true), add("<eod>", true);
  for (const SentencePiece& piece : file.pieces) {
    if (piece.type == SentencePiece::control || piece.type == SentencePiece::user_defined) {
      add(piece.text, piece.type == SentencePiece::control);
    }
  }
  return tokens;
}

}  // namespace

std::unique_ptr<Pipeline> read_spiece_model(TokenizerFolder& folder) {
  const std::string place = folder.place("spiece.model");
  const SentencePieceFile file = read_sentencepiece(folder.files.at("spiece.model"), place);
  refuse_unknown_settings(file, place);
  const Family family = family_of(folder, file, place);
  folder.usual = family == Family::t5 ? kT5 : family == Family::albert ? kAlbert : kXlnet;
  const std::vector<std::string> extra = sentinels(folder, family);
  Pieces pieces;
  for (const SentencePiece& piece : file.pieces) pieces.emplace_back(piece.text, piece.score);
  for (const std::string& token : extra) pieces.emplace_back(token, 0);
  auto pipeline = std::make_unique<Pipeline>();
  pipeline->model = make_unigram(std::move(pieces), {.unk_id = file.unk_id}, place);
  json steps = steps_of(folder, family);
  pipeline->normalizer = normalizer_of(file, steps["normalizers"], place);
  take_last_step(steps["pre_tokenizer"], place, *pipeline);
  pipeline->pre_tokenizer = read_pre_tokenizer(steps["pre_tokenizer"], place);
  pipeline->decoder = read_decoder(steps["decoder"], place);
  pipeline->added = std::make_unique<AddedTokens>(
      added_tokens_of(folder, special_tokens(folder, family, file, extra), *pipeline->model), pipeline->normalizer.get());
  pipeline->post_processor =
      template_of(family, [&](const char* role) { return needed_id(folder, role, *pipeline->model, place); });
  return pipeline;
}

}  // namespace espalier
