#include "espalier/data/eval_stream.h"

#include <numeric>

namespace espalier {

EvalStream::EvalStream(std::unique_ptr<ExampleReader> reader, Collator collator, int64_t tokens, int64_t chunk)
    : reader_(std::move(reader)), collator_(std::move(collator)), tokens_(tokens), chunk_(chunk) {}

EvalStream::EvalStream(EvalStream&&) noexcept = default;
EvalStream::~EvalStream() = default;

bool EvalStream::next() {
  examples_.clear();
  Example example;
  while (int64_t(examples_.size()) < chunk_ && reader_->next(example)) examples_.push_back(std::move(example));
  return !examples_.empty();
}

std::vector<EvalBatch> EvalStream::batches() const {
  std::vector<int64_t> order(examples_.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<EvalBatch> batches;
  for (std::vector<int64_t>& run : cut_runs(examples_, order, tokens_)) {
    EvalBatch& one = batches.emplace_back();
    one.batch = collator_(examples_, run);
    one.at = std::move(run);
  }
  return batches;
}

}  // namespace espalier
