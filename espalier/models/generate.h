// Generation: a decoder goes on with a text, or writes one from what an encoder read, piece by piece: the most probable one, one
// drawn, or the best of several beams.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "espalier/models/model.h"

namespace espalier {

using Ids = std::vector<int64_t>;

struct GenerateOptions {
  int64_t max_new = 20;  ///< new pieces at most; fewer where the model has no more positions
  int64_t min_new = 0;   ///< no end before so many new pieces
  double repetition_penalty =
      1;                        ///< pieces that were there: score / this, or times this where it is negative (Keskar et al. 2019)
  int64_t no_repeat_ngram = 0;  ///< no run of so many pieces twice; 0 = off
  std::vector<Ids> candidates;  ///< what may be written, each without its end; empty = anything

  bool sample = false;     ///< draw, else take the best
  double temperature = 1;  ///< scores are divided by it
  int64_t top_k = 0;       ///< draw among the k best; 0 = all
  double top_p = 1;        ///< draw among the fewest that have this probability together (Holtzman et al. 2020)
  uint64_t seed = 1;

  int64_t beams = 1;            ///< above 1: beam search
  double length_penalty = 1;    ///< a beam's log-probability is divided by (new pieces)^this
  bool early_stopping = false;  ///< end as soon as there are as many finished beams as beams

  Ids start;  ///< pieces that an encoder–decoder's text begins with; empty = the family's own (mBART has none: the language)
  Ids ends;   ///< pieces that end a text
};

struct Generated {
  Ids ids;           ///< the new pieces, the end among them where there is one
  double score = 0;  ///< beam search: log-probability by length
};

/// Told of each new piece, prompt by prompt interleaved; not called by beam search.
using OnPiece = std::function<void(int64_t prompt, int64_t id)>;

/// One text for each prompt (of at least one piece), which goes on with it, or, of an encoder–decoder, is written from it. The
/// model's head must be causal_lm or seq2seq. Options that exclude each other, ids outside the vocabulary and prompts as long as
/// the model's positions are usage Errors. A draw depends on seed, prompt and length alone.
std::vector<Generated> generate(Model& model, const std::vector<Ids>& prompts, const GenerateOptions& options,
                                const OnPiece& on_piece = {});

}  // namespace espalier
