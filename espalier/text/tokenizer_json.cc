#include "espalier/text/tokenizer_json.h"

#include <algorithm>

#include "espalier/text/bpe_files.h"
#include "espalier/text/part_maker.h"

namespace espalier {
namespace {

using nlohmann::json;
using Model = std::unique_ptr<TokenModel>;

Model read_wordpiece(const json& section, const std::string& place) {
  WordPieceOptions options;
  options.unk_token = json_string(section, "unk_token", place, options.unk_token);
  options.continuing_subword_prefix = json_string(section, "continuing_subword_prefix", place, options.continuing_subword_prefix);
  options.max_input_chars_per_word = json_int(section, "max_input_chars_per_word", place, options.max_input_chars_per_word);
  return make_wordpiece(read_vocabulary_json(json_object(section, "vocab", place), place), options, place);
}

Model read_bpe(const json& section, const std::string& place) {
  if (json_double(section, "dropout", place, 0) != 0) {
    throw unsupported_error("the model \"BPE\" has \"dropout\": its pieces would be drawn at random").at(place);
  }
  BpeOptions options;
  if (json_find(section, "unk_token", place) != nullptr) options.unk_token = json_string(section, "unk_token", place);
  options.continuing_subword_prefix = json_string(section, "continuing_subword_prefix", place, "");
  options.end_of_word_suffix = json_string(section, "end_of_word_suffix", place, "");
  options.fuse_unk = json_bool(section, "fuse_unk", place, false);
  options.byte_fallback = json_bool(section, "byte_fallback", place, false);
  options.ignore_merges = json_bool(section, "ignore_merges", place, false);
  std::vector<std::pair<std::string, std::string>> merges;
  for (const json& item : json_array(section, "merges", place)) {
    const size_t number = merges.size() + 1;
    if (item.is_string()) {
      const auto& text = item.get_ref<const std::string&>();
      if (!text.starts_with("#version")) merges.push_back(read_merge(text, number, place));
    } else if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string()) {
      merges.emplace_back(item[0].get<std::string>(), item[1].get<std::string>());
    } else {
      throw data_error("merge {} is {}; expected two tokens", number, describe_json(item)).at(place);
    }
  }
  return make_bpe(read_vocabulary_json(json_object(section, "vocab", place), place), merges, options, place);
}

Model read_unigram(const json& section, const std::string& place) {
  UnigramOptions options;
  if (json_find(section, "unk_id", place) != nullptr) {
    options.unk_id = static_cast<int32_t>(std::clamp<int64_t>(json_int(section, "unk_id", place), -1, INT32_MAX));
  }
  options.byte_fallback = json_bool(section, "byte_fallback", place, false);
  std::vector<std::pair<std::string, double>> vocabulary;
  for (const json& item : json_array(section, "vocab", place)) {
    if (!item.is_array() || item.size() != 2 || !item[0].is_string() || !item[1].is_number()) {
      throw data_error("token {} is {}; expected its text and score", vocabulary.size(), describe_json(item)).at(place);
    }
    vocabulary.emplace_back(item[0].get<std::string>(), item[1].get<double>());
  }
  return make_unigram(std::move(vocabulary), options, place);
}

constexpr PartMaker<Model> kModels[] = {{"BPE", read_bpe}, {"Unigram", read_unigram}, {"WordPiece", read_wordpiece}};

void check_template(const Pipeline& pipeline, const std::string& place) {
  Problems problems;
  for (const auto* items : {&pipeline.post_processor.single, &pipeline.post_processor.pair}) {
    for (const TemplateItem& item : *items) {
      for (const int32_t id : item.ids) {
        if (pipeline.model->token(id) != nullptr || pipeline.added->find(id) != nullptr) continue;
        problems.add(place, fmt::format("the post_processor puts in id {}, which no token has", id));
      }
    }
  }
  problems.raise(ErrorKind::data, "the post_processor does not fit the vocabulary");
}

// transformers decodes CLIP's ends of words as spaces; the library itself leaves "</w>" in the text.
std::unique_ptr<Decoder> read_decoder_of(const json& file, const std::string& place) {
  const json* section = json_find(file, "decoder", place);
  if (section == nullptr) return make_space_decoder();
  auto decoder = read_decoder(*section, place + ": decoder");
  const std::string suffix = json_string(json_object(file, "model", place), "end_of_word_suffix", place, "");
  return !suffix.empty() && json_string(*section, "type", place) == "ByteLevel" ? make_byte_level_decoder(suffix)
                                                                                : std::move(decoder);
}

}  // namespace

Model read_token_model(const json& section, const std::string& place) {
  // Files of before 2020 name no type.
  if (section.is_object() && !section.contains("type") && section.contains("max_input_chars_per_word")) {
    return read_wordpiece(section, place);
  }
  if (section.is_object() && !section.contains("type") && section.contains("merges")) return read_bpe(section, place);
  return make_part<Model>("model", kModels, section, place);
}

AddedToken read_added_token(const json& token, const std::string& place) {
  AddedToken out;
  out.content = json_string(token, "content", place);
  out.single_word = json_bool(token, "single_word", place, false);
  out.lstrip = json_bool(token, "lstrip", place, false);
  out.rstrip = json_bool(token, "rstrip", place, false);
  out.special = json_bool(token, "special", place, false);
  out.normalized = json_bool(token, "normalized", place, !out.special);
  return out;
}

// The library gives a token the id of its text in the model's vocabulary, else the next free one, whatever the file says.
std::vector<AddedToken> read_added_tokens(const json& section, const TokenModel& model, const std::string& place) {
  std::vector<AddedToken> tokens;
  Problems problems;
  int64_t next = model.size();
  if (!section.is_array()) throw data_error("\"added_tokens\" is {}; expected a list", describe_json(section)).at(place);
  for (const json& item : section) {
    AddedToken token = read_added_token(item, place);
    const int64_t id = json_int(item, "id", place);
    const auto same = std::find_if(tokens.begin(), tokens.end(), [&](const AddedToken& t) { return t.content == token.content; });
    int64_t expected = next;
    if (const std::optional<int32_t> known = model.id(token.content); known) {
      expected = *known;
    } else if (same != tokens.end()) {
      expected = same->id;
    } else {
      ++next;
    }
    if (id != expected) {
      problems.add(place, fmt::format("the added token '{}' has id {}; expected {}", printable(token.content), id, expected));
    }
    token.id = static_cast<int32_t>(expected);
    if (same == tokens.end()) {
      tokens.push_back(std::move(token));
    } else {
      *same = std::move(token);
    }
  }
  problems.raise(ErrorKind::data, "the added tokens do not fit the vocabulary");
  return tokens;
}

std::unique_ptr<Pipeline> read_tokenizer_json(const json& file, const std::string& place) {
  const auto inside = [&](const char* section) { return place + ": " + section; };
  auto pipeline = std::make_unique<Pipeline>();
  pipeline->model = read_token_model(json_object(file, "model", place), inside("model"));
  if (const json* section = json_find(file, "normalizer", place); section != nullptr) {
    pipeline->normalizer = read_normalizer(*section, inside("normalizer"));
  }
  if (const json* section = json_find(file, "pre_tokenizer", place); section != nullptr) {
    json steps = *section;
    take_last_step(steps, inside("pre_tokenizer"), *pipeline);
    if (!steps.is_null()) pipeline->pre_tokenizer = read_pre_tokenizer(steps, inside("pre_tokenizer"));
  }
  if (const json* section = json_find(file, "post_processor", place); section != nullptr) {
    pipeline->post_processor = read_post_processor(*section, inside("post_processor"));
  }
  pipeline->decoder = read_decoder_of(file, place);
  const json* added = json_find(file, "added_tokens", place);
  pipeline->added = std::make_unique<AddedTokens>(
      read_added_tokens(added != nullptr ? *added : json::array(), *pipeline->model, inside("added_tokens")),
      pipeline->normalizer.get());
  check_template(*pipeline, inside("post_processor"));
  return pipeline;
}

}  // namespace espalier
