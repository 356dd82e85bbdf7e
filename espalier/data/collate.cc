#include "espalier/data/collate.h"

#include <algorithm>
#include <numeric>

#include "espalier/base/error.h"
#include "espalier/base/seed.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

// Devlin et al. 2019, 3.1: 15 % of the pieces are to be guessed; of these 80 % become [MASK], 10 % another piece, 10 % stay.
constexpr double kGuessed = 0.15, kMasked = 0.8, kReplaced = 0.9;

double uniform(uint32_t word) { return double(word) * 0x1p-32; }

/// Examples' values as [B, C].
Tensor stack_values(std::span<const Example> examples, const std::vector<int64_t>& order) {
  const auto width = static_cast<int64_t>(examples[size_t(order[0])].values.size());
  Tensor values = at::empty({int64_t(order.size()), width}, at::kFloat);  // [B, C]
  float* out = values.data_ptr<float>();
  for (const int64_t i : order) out = std::copy_n(examples[size_t(i)].values.begin(), width, out);
  return values;
}

/// Each row's target is the piece behind it.
void shift(const int64_t* ids, int64_t count, int64_t* targets) {
  std::copy(ids + 1, ids + count, targets);
  targets[count - 1] = -100;
}

void sort_by_length(std::span<const Example> examples, std::vector<int64_t>& order) {
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return examples[size_t(a)].size() < examples[size_t(b)].size(); });
}

/// By source, then by target, so that examples equal in both stand together.
void sort_by_lengths(std::span<const Example> examples, std::vector<int64_t>& order) {
  const auto lengths = [&](int64_t i) { return std::pair(examples[size_t(i)].text.size(), examples[size_t(i)].other.size()); };
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return lengths(a) < lengths(b); });
}

/// The texts to be written: Batch::tokens over a frame of their own. None where the examples have none.
void add_targets(std::span<const Example> examples, const std::vector<int64_t>& order, Batch& batch) {
  std::vector<int64_t> lengths;
  for (const int64_t i : order) lengths.push_back(examples[size_t(i)].other.size());
  if (std::ranges::find(lengths, 0) != lengths.end()) return;
  const auto frame = make_frame(lengths);
  batch.tokens = at::empty({frame->rows()}, at::kLong);  // [M]
  int64_t* out = batch.tokens.data_ptr<int64_t>();
  for (const int64_t i : order) out = std::ranges::copy(examples[size_t(i)].other.ids, out).out;
  batch.target_frame = frame;
}

}  // namespace

Collator::Collator(const Task& task, const Tokenizer& tokenizer, uint64_t seed)
    : kind_(task.kind), key_(derive_key(seed, "masked_lm")) {
  if (kind_ != TaskKind::masked_lm) return;
  vocabulary_ = tokenizer.size();
  if (!tokenizer.specials().mask) throw data_error("the tokenizer has no mask token, which a masked language model needs");
  mask_id_ = *tokenizer.specials().mask;
  for (int64_t id = 0; id < vocabulary_; ++id) special_.push_back(tokenizer.is_special(static_cast<int32_t>(id)));
}

void Collator::mask(const Example& example, int64_t epoch, int64_t* ids, int64_t* targets) const {
  const uint64_t key = derive_key(derive_key(key_, uint64_t(epoch)), uint64_t(example.index));
  for (int64_t i = 0; i < example.text.size(); ++i) {
    targets[i] = -100;
    if (special_[size_t(ids[i])]) continue;
    const auto draw = philox(key, uint64_t(i));
    if (uniform(draw[0]) >= kGuessed) continue;
    targets[i] = ids[i];
    const double fate = uniform(draw[1]);
    if (fate < kMasked) {
      ids[i] = mask_id_;
    } else if (fate < kReplaced) {
      ids[i] = int64_t(uniform(draw[2]) * double(vocabulary_));
    }
  }
}

Batch Collator::operator()(std::span<const Example> examples, std::vector<int64_t>& order, int64_t epoch) const {
  if (order.empty()) throw bug_error("a batch of no examples");
  if (kind_ == TaskKind::seq2seq) {
    sort_by_lengths(examples, order);
  } else {
    sort_by_length(examples, order);
  }

  // Sequences with the place each has in `order`; where two texts are encoded apart there are two an example.
  struct Piece {
    const Sequence* sequence;
    size_t example;
    int64_t which;
  };
  std::vector<Piece> pieces;
  for (size_t b = 0; b < order.size(); ++b) {
    const Example& example = examples[size_t(order[b])];
    pieces.push_back({&example.text, b, 0});
    if (kind_ == TaskKind::similarity) pieces.push_back({&example.other, b, 1});
  }
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return a.sequence->size() < b.sequence->size(); });

  Batch batch;
  std::vector<int64_t> lengths;
  for (const Piece& piece : pieces) lengths.push_back(piece.sequence->size());
  auto frame = make_frame(lengths);
  const int64_t rows = frame->rows();
  batch.ids = at::empty({rows}, at::kLong);       // [N]
  batch.segments = at::zeros({rows}, at::kLong);  // [N]
  const bool tagged = !examples[size_t(order[0])].tokens.empty();
  if (tagged || is_language(kind_)) batch.tokens = at::empty({rows}, at::kLong);  // [N]
  if (kind_ == TaskKind::similarity) batch.pairs = at::empty({int64_t(order.size()), 2}, at::kLong);

  for (size_t s = 0; s < pieces.size(); ++s) {
    const Sequence& sequence = *pieces[s].sequence;
    const Example& example = examples[size_t(order[pieces[s].example])];
    const int64_t row = frame->offsets[s];
    std::copy(sequence.ids.begin(), sequence.ids.end(), batch.ids.data_ptr<int64_t>() + row);
    std::copy(sequence.segments.begin(), sequence.segments.end(), batch.segments.data_ptr<int64_t>() + row);
    if (kind_ == TaskKind::masked_lm) {
      mask(example, epoch, batch.ids.data_ptr<int64_t>() + row, batch.tokens.data_ptr<int64_t>() + row);
    } else if (kind_ == TaskKind::causal_lm) {
      shift(batch.ids.data_ptr<int64_t>() + row, sequence.size(), batch.tokens.data_ptr<int64_t>() + row);
    } else if (tagged) {
      std::copy(example.tokens.begin(), example.tokens.end(), batch.tokens.data_ptr<int64_t>() + row);
    }
    if (kind_ == TaskKind::similarity) {
      batch.pairs.data_ptr<int64_t>()[int64_t(pieces[s].example) * 2 + pieces[s].which] = int64_t(s);
    }
  }

  std::vector<int64_t> classes;
  for (const int64_t i : order) {
    batch.examples.push_back(examples[size_t(i)].index);
    classes.push_back(examples[size_t(i)].label);
  }
  const bool labelled = std::any_of(classes.begin(), classes.end(), [](int64_t c) { return c != -100; });
  if (kind_ == TaskKind::classify && labelled) batch.classes = at::tensor(classes, at::kLong);
  if (!examples[size_t(order[0])].values.empty()) {
    (kind_ == TaskKind::multi_label ? batch.multi_hot : batch.values) = stack_values(examples, order);
  }
  if (kind_ == TaskKind::seq2seq) add_targets(examples, order, batch);
  batch.frame = std::move(frame);
  return batch;
}

Batch Collator::operator()(std::span<const Example> examples, int64_t epoch) const {
  std::vector<int64_t> order(examples.size());
  std::iota(order.begin(), order.end(), 0);
  return (*this)(examples, order, epoch);
}

std::vector<std::vector<int64_t>> cut_runs(std::span<const Example> examples, std::vector<int64_t> order, int64_t tokens,
                                           int64_t most) {
  sort_by_length(examples, order);
  std::vector<std::vector<int64_t>> runs;
  int64_t rows = 0;
  for (const int64_t i : order) {
    const int64_t size = examples[size_t(i)].size();
    const bool full = !runs.empty() && most > 0 && int64_t(runs.back().size()) >= most;
    if (runs.empty() || full || (tokens > 0 && rows + size > tokens)) {
      runs.emplace_back();
      rows = 0;
    }
    runs.back().push_back(i);
    rows += size;
  }
  return runs;
}

}  // namespace espalier
