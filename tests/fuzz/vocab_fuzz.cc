// The old files of a tokenizer, tokenizer_config.json and special_tokens_map.json, and a text for the tokenizer that they make.
// The vocabulary is vocab.json with merges.txt behind byte 0x1D where it begins with "{", else vocab.txt.
#include "tests/fuzz/check_tokenizer.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void write_settings(const Folder& folder, std::string_view config, std::string_view roles) {
  folder.write("tokenizer_config.json", config.empty() ? "{}" : config);
  folder.write("special_tokens_map.json", roles.empty() ? "{}" : roles);
}

void read(std::string_view bytes) {
  static const Folder words, pairs;
  const std::vector<std::string_view> part = parts(bytes, 4);
  const std::string_view vocabulary = part[0];
  const Folder& folder = vocabulary.starts_with('{') ? pairs : words;
  if (vocabulary.starts_with('{')) {
    const size_t end = std::min(vocabulary.find('\x1d'), vocabulary.size());
    pairs.write("vocab.json", vocabulary.substr(0, end));
    pairs.write("merges.txt", vocabulary.substr(std::min(end + 1, vocabulary.size())));
  } else {
    words.write("vocab.txt", vocabulary);
  }
  write_settings(folder, part[1], part[2]);
  check_tokenizer(*load_tokenizer(folder.path()), part[3]);
}

const AddTarget kTarget("vocab", read);

}  // namespace
}  // namespace espalier::fuzz
