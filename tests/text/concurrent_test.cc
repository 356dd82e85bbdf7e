// One tokenizer, several threads at once, as data workers use it: meaningful under the thread sanitizer.
#include <gtest/gtest.h>

#include <thread>

#include "espalier/text/tokenizer.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

TEST(Tokenizer, EncodesFromSeveralThreadsAtOnce) {
  const support::TemporaryFolder folder;
  folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncaf\n##e\n##s\n中\n");
  const auto tokenizer = load_tokenizer(folder.path());
  const std::vector<std::string> texts{"the cafés", "[MASK] 中中", "something else", ""};
  std::vector<Encoding> expected;
  for (const std::string& text : texts) expected.push_back(tokenizer->encode(text));
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 200; ++i) {
        const size_t k = (i + t) % texts.size();
        const Encoding encoding = tokenizer->encode(texts[k]);
        EXPECT_EQ(encoding.ids, expected[k].ids);
        EXPECT_EQ(tokenizer->decode(encoding.ids), tokenizer->decode(expected[k].ids));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace espalier
