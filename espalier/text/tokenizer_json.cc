#include "espalier/text/tokenizer_json.h"

#include <algorithm>

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
  std::vector<std::pair<std::string, int32_t>> vocabulary;
  for (const auto& [token, id] : json_object(section, "vocab", place).items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > INT32_MAX) {
      throw data_error("token '{}' has id {}; expected an integer", printable(token), describe_json(id)).at(place);
    }
    vocabulary.emplace_back(token, id.get<int32_t>());
  }
  return make_wordpiece(std::move(vocabulary), options, place);
}

constexpr PartMaker<Model> kModels[] = {{"WordPiece", read_wordpiece}};

constexpr PartMaker<std::unique_ptr<Decoder>> kDecoders[] = {
    {"WordPiece",
     [](const json& s, const std::string& place) {
       return make_wordpiece_decoder(json_string(s, "prefix", place, "##"), json_bool(s, "cleanup", place, true));
     }},
};

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

}  // namespace

Model read_token_model(const json& section, const std::string& place) {
  // Files of before 2020 name no type.
  if (section.is_object() && !section.contains("type") && section.contains("max_input_chars_per_word")) {
    return read_wordpiece(section, place);
  }
  return make_part<Model>("model", kModels, section, place);
}

std::unique_ptr<Decoder> read_decoder(const json& section, const std::string& place) {
  return make_part<std::unique_ptr<Decoder>>("decoder", kDecoders, section, place);
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
    pipeline->pre_tokenizer = read_pre_tokenizer(*section, inside("pre_tokenizer"));
  }
  if (const json* section = json_find(file, "post_processor", place); section != nullptr) {
    pipeline->post_processor = read_post_processor(*section, inside("post_processor"));
  }
  const json* decoder = json_find(file, "decoder", place);
  pipeline->decoder = decoder != nullptr ? read_decoder(*decoder, inside("decoder")) : make_space_decoder();
  const json* added = json_find(file, "added_tokens", place);
  pipeline->added = std::make_unique<AddedTokens>(
      read_added_tokens(added != nullptr ? *added : json::array(), *pipeline->model, inside("added_tokens")),
      pipeline->normalizer.get());
  check_template(*pipeline, inside("post_processor"));
  return pipeline;
}

}  // namespace espalier
