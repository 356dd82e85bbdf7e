// tokenizer.json, and a text for the tokenizer that it makes.
#include "tests/fuzz/check_tokenizer.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void read(std::string_view bytes) {
  static const Folder folder;
  const std::vector<std::string_view> part = parts(bytes, 2);
  folder.write("tokenizer.json", part[0]);
  check_tokenizer(*load_tokenizer(folder.path()), part[1]);
}

const AddTarget kTarget("tokenizer", read);

}  // namespace
}  // namespace espalier::fuzz
