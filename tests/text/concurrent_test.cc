// One tokenizer of each kind, several threads at once, as data workers use it: meaningful under the thread sanitizer.
#include <gtest/gtest.h>

#include <thread>

#include "espalier/text/tokenizer.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

void encode_in_threads(const Tokenizer& tokenizer, const Tokenizer& other) {
  const std::vector<std::string> texts{"the cafés", "[MASK] 中中", "something else", "<mask> </s> running", ""};
  std::vector<Encoding> expected;
  for (const std::string& text : texts) expected.push_back(other.encode(text));
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 200; ++i) {
        const size_t k = (i + t) % texts.size();
        const Encoding encoding = tokenizer.encode(texts[k]);
        EXPECT_EQ(encoding.ids, expected[k].ids);
        EXPECT_EQ(tokenizer.decode(encoding.ids), other.decode(expected[k].ids));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Tokenizer, EncodesFromSeveralThreadsAtOnce) {
  const support::TemporaryFolder folder;
  folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncaf\n##e\n##s\n中\n");
  encode_in_threads(*load_tokenizer(folder.path()), *load_tokenizer(folder.path()));
  for (const char* name : {"bpe/roberta", "unigram/t5"}) {  // whose caches begin empty
    const fs::path oracle = fs::path(ESPALIER_TESTS_DIR) / "oracle" / name;
    encode_in_threads(*load_tokenizer(oracle), *load_tokenizer(oracle));
  }
}

}  // namespace
}  // namespace espalier
