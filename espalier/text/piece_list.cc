#include "espalier/text/piece_list.h"

#include <algorithm>

namespace espalier {
namespace {

template <class T>
void drop(std::vector<T>& items, int64_t begin, int64_t end) {
  items.erase(items.begin() + begin, items.begin() + end);
}

}  // namespace

void shorten(PieceList& pieces, int64_t length, Long how) {
  const auto size = static_cast<int64_t>(pieces.size());
  if (size <= length) return;
  // 128 of 510, as in Sun et al. 2019, "How to fine-tune BERT for text classification"
  const int64_t head = how == Long::head_tail ? (length + 3) / 4 : length;
  const int64_t resume = size - (length - head);
  drop(pieces.ids, head, resume);
  drop(pieces.offsets, head, resume);
  drop(pieces.words, head, resume);
  if (!pieces.first_offsets.empty()) drop(pieces.first_offsets, head, resume);
  pieces.cut += size - length;
}

std::pair<int64_t, int64_t> longest_first(int64_t first, int64_t second, int64_t budget) {
  if (first + second <= budget) return {first, second};
  const int64_t small = std::min(first, second), half = budget / 2;
  const bool only_one = small <= half;  // the shorter text stays whole
  const int64_t shorter = only_one ? small : half;
  const int64_t longer = budget - shorter;
  return first <= second ? std::pair(shorter, longer) : std::pair(longer, shorter);
}

std::vector<PieceList> windows(const PieceList& pieces, int64_t length, int64_t stride) {
  const auto size = static_cast<int64_t>(pieces.size());
  std::vector<PieceList> out;
  for (int64_t begin = 0, end = 0; out.empty() || end < size; begin += length - stride) {
    end = std::min(begin + length, size);
    PieceList& window = out.emplace_back();
    window.ids.assign(pieces.ids.begin() + begin, pieces.ids.begin() + end);
    window.offsets.assign(pieces.offsets.begin() + begin, pieces.offsets.begin() + end);
    window.words.assign(pieces.words.begin() + begin, pieces.words.begin() + end);
    if (!pieces.first_offsets.empty()) {
      window.first_offsets.assign(pieces.first_offsets.begin() + begin, pieces.first_offsets.begin() + end);
    }
  }
  return out;
}

}  // namespace espalier
