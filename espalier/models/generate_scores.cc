#include "espalier/models/generate_scores.h"

#include <algorithm>
#include <limits>
#include <set>

#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

void penalize(float* row, const Ids& text, double penalty) {
  for (int64_t id : std::set<int64_t>(text.begin(), text.end())) {
    row[id] = row[id] < 0 ? row[id] * float(penalty) : row[id] / float(penalty);
  }
}

/// No piece that would end a run of n pieces which is there already.
void forbid_repeats(float* row, const Ids& text, int64_t n) {
  const int64_t length = int64_t(text.size());
  for (int64_t start = 0; start + n <= length; ++start) {
    if (std::equal(text.begin() + start, text.begin() + start + n - 1, text.end() - (n - 1)))
      row[text[size_t(start + n - 1)]] = kNever;
  }
}

/// The pieces that some candidate has next, the ends where one is complete.
std::set<int64_t> allowed(const Ids& text, int64_t prompt, const GenerateOptions& options) {
  const Ids written(text.begin() + prompt, text.end());
  std::set<int64_t> next;
  for (const Ids& candidate : options.candidates) {
    if (candidate.size() < written.size() || !std::equal(written.begin(), written.end(), candidate.begin())) continue;
    if (candidate.size() > written.size()) {
      next.insert(candidate[written.size()]);
    } else {
      next.insert(options.ends.begin(), options.ends.end());
    }
  }
  if (next.empty()) next.insert(options.ends.begin(), options.ends.end());
  return next;
}

}  // namespace

Tensor constrained(const Tensor& scores, const std::vector<Ids>& texts, const std::vector<int64_t>& prompts, int64_t beams,
                   const GenerateOptions& options) {
  const Tensor out = scores.clone(at::MemoryFormat::Contiguous);
  const int64_t width = out.size(1);
  const auto row = [&](size_t i) { return out.mutable_data_ptr<float>() + int64_t(i) * width; };
  for (size_t i = 0; i < texts.size(); ++i) {
    if (options.repetition_penalty != 1) penalize(row(i), texts[i], options.repetition_penalty);
    if (options.no_repeat_ngram > 0) forbid_repeats(row(i), texts[i], options.no_repeat_ngram);
    if (int64_t(texts[i].size()) - prompts[i] < options.min_new) {
      for (int64_t end : options.ends) row(i)[end] = kNever;
    }
  }
  if (options.candidates.empty()) return out;
  for (size_t first = 0; first < texts.size(); first += size_t(beams)) {
    bool possible = false;
    const Tensor masked = at::full({beams, width}, kNever, out.options()), bare = masked.clone();
    for (size_t b = 0; b < size_t(beams); ++b) {
      for (int64_t id : allowed(texts[first + b], prompts[first + b], options)) {
        const float score = row(first + b)[id];
        possible = possible || score > kNever;
        masked.mutable_data_ptr<float>()[int64_t(b) * width + id] = score;
        bare.mutable_data_ptr<float>()[int64_t(b) * width + id] = 0;
      }
    }
    // Where the other rules leave no candidate to any beam, the candidates count more.
    out.narrow(0, int64_t(first), beams).copy_(possible ? masked : bare);
  }
  return out;
}

Tensor narrowed(const Tensor& scores, const GenerateOptions& options) {
  Tensor out = scores / options.temperature;
  if (options.top_k > 0) {
    const Tensor least =
        std::get<0>(at::topk(out, std::min(options.top_k, out.size(1)))).narrow(1, std::min(options.top_k, out.size(1)) - 1, 1);
    out = out.masked_fill(out < least, kNever);
  }
  if (options.top_p < 1) {
    const auto [sorted, places] = at::sort(out, -1, false);
    Tensor gone = sorted.softmax(-1).cumsum(-1) <= 1 - options.top_p;
    gone.narrow(1, out.size(1) - 1, 1).fill_(false);
    out = out.masked_fill(gone.scatter(1, places, gone), kNever);
  }
  return out;
}

}  // namespace espalier
