// vocab.txt, tokenizer_config.json and special_tokens_map.json, and a text for the tokenizer that they make.
#include "tests/fuzz/check_tokenizer.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void read(std::string_view bytes) {
  static const Folder folder;
  const std::vector<std::string_view> part = parts(bytes, 4);
  folder.write("vocab.txt", part[0]);
  folder.write("tokenizer_config.json", part[1].empty() ? "{}" : part[1]);
  folder.write("special_tokens_map.json", part[2].empty() ? "{}" : part[2]);
  check_tokenizer(*load_tokenizer(folder.path()), part[3]);
}

const AddTarget kTarget("vocab", read);

}  // namespace
}  // namespace espalier::fuzz
