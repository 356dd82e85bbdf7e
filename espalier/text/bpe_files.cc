#include "espalier/text/bpe_files.h"

#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"

namespace espalier {

Vocabulary read_vocabulary_json(const nlohmann::json& object, const std::string& place) {
  if (!object.is_object()) throw data_error("the vocabulary is {}; expected an object", describe_json(object)).at(place);
  Vocabulary vocabulary;
  vocabulary.reserve(object.size());
  for (const auto& [token, id] : object.items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > INT32_MAX) {
      throw data_error("token '{}' has id {}; expected an integer", printable(token), describe_json(id)).at(place);
    }
    vocabulary.emplace_back(token, id.get<int32_t>());
  }
  return vocabulary;
}

std::pair<std::string, std::string> read_merge(std::string_view text, size_t number, const std::string& place) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos) {
    throw data_error("merge {} is '{}'; expected two tokens with a space between", number, printable(text)).at(place);
  }
  return {std::string(text.substr(0, space)), std::string(text.substr(space + 1))};
}

std::vector<std::pair<std::string, std::string>> read_merges_txt(std::string_view text, const std::string& place) {
  if (!valid_utf8(text)) throw data_error("the merges are not valid UTF-8").at(place);
  std::vector<std::pair<std::string, std::string>> merges;
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty()) return merges;
  for (std::string_view rest = text;;) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with("#version")) merges.push_back(read_merge(line, merges.size() + 1, place));
    if (end == std::string_view::npos) return merges;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace espalier
