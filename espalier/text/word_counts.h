// Words and how often each occurs: what a vocabulary is learned from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

class WordCounts {
 public:
  void add(std::string_view word, int64_t times = 1);
  /// Distinct words, numbered in the order in which they came first.
  size_t size() const { return entries_.size(); }
  std::string_view word(size_t i) const { return {bytes_.data() + entries_[i].begin, entries_[i].length}; }
  int64_t count(size_t i) const { return entries_[i].count; }

 private:
  struct Entry {
    size_t begin;
    uint32_t length, hash;
    int64_t count;
  };
  void grow();

  std::string bytes_;  // the words, one behind the other
  std::vector<Entry> entries_;
  std::vector<uint32_t> slots_;  // open addressing: number of the entry + 1, 0 = free
};

}  // namespace espalier
