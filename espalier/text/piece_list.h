// The pieces of one text before special tokens are put around them, and how they are shortened.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "espalier/text/aligned_text.h"
#include "espalier/text/tokenizer.h"

namespace espalier {

struct PieceList {
  std::vector<int32_t> ids;
  std::vector<std::pair<int32_t, int32_t>> offsets;
  std::vector<int32_t> words;
  std::vector<std::pair<int32_t, int32_t>> first_offsets = {};  // of each piece if it is the first; empty: as `offsets`
  int64_t cut = 0;                                              // how many were dropped
  size_t size() const { return ids.size(); }

  void add(int32_t id, Span origin, int32_t word) {
    ids.push_back(id);
    offsets.emplace_back(origin.begin, origin.end);
    words.push_back(word);
  }
};

/// Shortened to `length` pieces: the start, or the first quarter and the end.
void shorten(PieceList& pieces, int64_t length, Long how);
/// How many pieces of a pair remain within `budget`: one is taken off the longer text until they fit, as the
/// `longest_first` strategy does.
std::pair<int64_t, int64_t> longest_first(int64_t first, int64_t second, int64_t budget);
/// Overlapping stretches of at most `length` pieces, `stride` of them shared by neighbours; at least one stretch. The number
/// of pieces that are in no stretch is 0.
std::vector<PieceList> windows(const PieceList& pieces, int64_t length, int64_t stride);

}  // namespace espalier
