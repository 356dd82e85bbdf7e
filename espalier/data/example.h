// Example: one text (or pair) as ids with its targets.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace espalier {

/// Ids of one sequence; `segments` is empty where all are 0.
struct Sequence {
  std::vector<int32_t> ids;
  std::vector<uint8_t> segments;
  int64_t size() const { return static_cast<int64_t>(ids.size()); }
};

struct Example {
  Sequence text;
  Sequence other;               ///< similarity: the second text, encoded apart; seq2seq: the text to write; else empty
  int64_t label = -100;         ///< class; -100 = none
  std::vector<float> values;    ///< regress: one a target; multi_label: 0 or 1 for each label; similarity: the score
  std::vector<int32_t> tokens;  ///< tokens: class of each piece on the first piece of a word, -100 elsewhere
  int64_t index = 0;            ///< number of the example in its file, from 0: the row's, unless windows make several of one
  int64_t row = 0;              ///< number of the row in its file, from 0
  int64_t line = 0;             ///< line where the row begins, from 1
  int64_t window = 0;           ///< of a long text read in windows: which one
  bool cut = false;             ///< something was dropped to fit the maximum length

  std::vector<std::string> kept;                     ///< cells of the columns that were asked for
  std::string source;                                ///< the text itself, for token spans; only where asked for
  std::vector<std::pair<int32_t, int32_t>> offsets;  ///< bytes of `source` behind each piece; only where asked for
  std::vector<int32_t> words;                        ///< word of each piece, -1 for special ones; only where asked for

  int64_t size() const { return text.size() + other.size(); }  ///< rows it takes in a batch
};

}  // namespace espalier
