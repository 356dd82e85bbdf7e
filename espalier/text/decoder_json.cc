// The "decoder" section of tokenizer.json.
#include "espalier/text/part_maker.h"
#include "espalier/text/tokenizer_json.h"
#include "espalier/text/unicode.h"

namespace espalier {
namespace {

using nlohmann::json;
using Made = std::unique_ptr<Decoder>;

Made read_bpe(const json& section, const std::string& place) {
  std::string suffix = json_string(section, "suffix", place, "</w>");
  if (suffix.empty()) throw data_error("the decoder \"BPEDecoder\" has an empty suffix; expected some text").at(place);
  return make_bpe_decoder(std::move(suffix));
}

Made read_replace(const json& section, const std::string& place) {
  const json& pattern = json_object(section, "pattern", place);
  if (pattern.contains("Regex"))
    throw unsupported_error("the decoder \"Replace\" with a regular expression is not built").at(place);
  std::string text = json_string(pattern, "String", place);
  if (text.empty()) throw data_error("the decoder \"Replace\" has an empty pattern; expected some text").at(place);
  return make_replace_decoder(std::move(text), json_string(section, "content", place));
}

Made read_strip(const json& section, const std::string& place) {
  std::string content = json_string(section, "content", place);
  if (code_points(content).size() != 1) {
    throw data_error("\"content\" is \"{}\"; expected one character", printable(content)).at(place);
  }
  return make_strip_decoder(std::move(content), json_int(section, "start", place), json_int(section, "stop", place));
}

Made read_sequence(const json& section, const std::string& place) {
  std::vector<Made> steps;
  for (const json& step : json_array(section, "decoders", place)) steps.push_back(read_decoder(step, place));
  return make_decoder_sequence(std::move(steps));
}

constexpr PartMaker<Made> kMakers[] = {
    {"BPEDecoder", read_bpe},
    {"ByteFallback", [](const json&, const std::string&) { return make_byte_fallback_decoder(); }},
    {"ByteLevel", [](const json&, const std::string&) { return make_byte_level_decoder(); }},
    {"Fuse", [](const json&, const std::string&) { return make_fuse_decoder(); }},
    {"Metaspace",
     [](const json& s, const std::string& place) {
       const Metaspace metaspace = read_metaspace(s, place);
       return make_metaspace_decoder(metaspace.mark, metaspace.put != PutMark::never);
     }},
    {"Replace", read_replace},
    {"Sequence", read_sequence},
    {"Strip", read_strip},
    {"WordPiece",
     [](const json& s, const std::string& place) {
       return make_wordpiece_decoder(json_string(s, "prefix", place, "##"), json_bool(s, "cleanup", place, true));
     }},
};

}  // namespace

Made read_decoder(const json& section, const std::string& place) { return make_part<Made>("decoder", kMakers, section, place); }

}  // namespace espalier
