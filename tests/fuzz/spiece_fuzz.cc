// spiece.model and a text for the tokenizer that it makes: 32 bits that say how long the text is, the text, the model. The text's
// length modulo 4 says whose tokenizer it is.
#include <cstring>

#include "tests/fuzz/check_tokenizer.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void read(std::string_view bytes) {
  static const Folder folder;
  constexpr const char* kClasses[] = {"T5Tokenizer", "AlbertTokenizer", "XLNetTokenizer", ""};
  uint32_t size = 0;
  if (bytes.size() >= sizeof size) std::memcpy(&size, bytes.data(), sizeof size);
  bytes.remove_prefix(std::min(bytes.size(), sizeof size));
  const std::string_view text = bytes.substr(0, std::min<size_t>(size, bytes.size()));
  folder.write("spiece.model", bytes.substr(text.size()));
  folder.write("tokenizer_config.json",
               std::string(R"({"extra_ids": 2, "tokenizer_class": ")") + kClasses[text.size() % 4] + "\"}");
  check_tokenizer(*load_tokenizer(folder.path()), text);
}

const AddTarget kTarget("spiece", read);

}  // namespace
}  // namespace espalier::fuzz
