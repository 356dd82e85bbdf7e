#include "espalier/text/word_counts.h"

#include <cstring>
#include <limits>

#include "espalier/base/error.h"

namespace espalier {
namespace {

constexpr size_t kFirstSlots = size_t{1} << 12;

/// Eight bytes a turn; words are short and come by the million.
uint32_t hash_of(std::string_view word) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
  uint64_t hash = word.size() * kOdd;
  for (size_t at = 0; at < word.size(); at += 8) {
    uint64_t part = 0;
    std::memcpy(&part, word.data() + at, std::min<size_t>(8, word.size() - at));
    hash = (hash ^ part) * kOdd;
    hash ^= hash >> 29;
  }
  return static_cast<uint32_t>(hash >> 16);
}

}  // namespace

void WordCounts::add(std::string_view word, int64_t times) {
  if (2 * (entries_.size() + 1) > slots_.size()) grow();
  const uint32_t hash = hash_of(word);
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    Entry& entry = entries_[slots_[at] - 1];
    if (entry.hash == hash && std::string_view(bytes_.data() + entry.begin, entry.length) == word) {
      entry.count += times;
      return;
    }
  }
  if (entries_.size() >= std::numeric_limits<uint32_t>::max() / 2 || word.size() > std::numeric_limits<uint32_t>::max()) {
    throw data_error("the text has too many different words to learn a vocabulary from").hint("take a part of it");
  }
  entries_.push_back({bytes_.size(), static_cast<uint32_t>(word.size()), hash, times});
  bytes_ += word;
  slots_[at] = static_cast<uint32_t>(entries_.size());
}

void WordCounts::grow() {
  slots_.assign(std::max(kFirstSlots, 2 * slots_.size()), 0);
  const size_t mask = slots_.size() - 1;
  for (size_t i = 0; i < entries_.size(); ++i) {
    size_t at = entries_[i].hash & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = static_cast<uint32_t>(i + 1);
  }
}

}  // namespace espalier
