// Ids, offsets and words on Unicode torture lines equal the `tokenizers` library's.
#include <gtest/gtest.h>

#include "tests/text/oracle.h"

namespace espalier {
namespace {

std::string unpacked(const nlohmann::json& text) {
  if (text.is_string()) return text;
  std::string whole;
  for (int i = 0; i < text[1].get<int>(); ++i) whole += text[0].get<std::string>();
  return whole;
}

TEST(Torture, EqualsTheLibrary) {
  std::map<std::string, std::unique_ptr<Tokenizer>> tokenizers;
  int compared = 0;
  for (const nlohmann::json& line : oracle_lines("torture.jsonl")) {
    auto& tokenizer = tokenizers[line["tokenizer"]];
    if (!tokenizer) tokenizer = load_tokenizer(wordpiece_oracle() / line["tokenizer"].get<std::string>());
    const Encoding found = tokenizer->encode(unpacked(line["text"]));
    EXPECT_EQ(as_record(found, line), line) << line["tokenizer"] << " " << line["text"].dump().substr(0, 200);
    ++compared;
  }
  EXPECT_GT(compared, 400);
  EXPECT_EQ(tokenizers.size(), 4u);
}

}  // namespace
}  // namespace espalier
