#include "espalier/text/trie.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace espalier {
namespace {

int32_t look_up(const Trie& trie, std::string_view text) {
  int32_t node = Trie::kRoot;
  for (const char c : text) {
    node = trie.step(node, static_cast<unsigned char>(c));
    if (node == Trie::kNone) return Trie::kNone;
  }
  return trie.value(node);
}

TEST(Trie, EqualsAMap) {
  std::mt19937 random(1);
  const auto word = [&] {
    std::string text(random() % 6, ' ');
    for (char& c : text) c = static_cast<char>(random() % 4 == 0 ? random() % 256 : 'a' + random() % 3);
    return text;
  };
  std::map<std::string, int32_t> words;
  for (int32_t i = 0; i < 20000; ++i) words.try_emplace(word(), i);
  const Trie trie({words.begin(), words.end()});
  for (const auto& [text, number] : words) EXPECT_EQ(look_up(trie, text), number);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = word();
    const auto found = words.find(text);
    EXPECT_EQ(look_up(trie, text), found == words.end() ? Trie::kNone : found->second);
  }
}

TEST(Trie, HoldsAVeryLongString) {
  const std::string text(200000, 'x');
  const Trie trie({{text, 5}, {"", 6}});
  EXPECT_EQ(look_up(trie, text), 5);
  EXPECT_EQ(look_up(trie, ""), 6);
  EXPECT_EQ(look_up(trie, "x"), Trie::kNone);
}

}  // namespace
}  // namespace espalier
