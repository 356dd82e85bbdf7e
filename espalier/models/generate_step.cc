#include "espalier/models/generate_step.h"

#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

/// What the encoder reads.
void add_sources(const std::vector<Ids>& sources, Batch& batch) {
  Ids ids;
  std::vector<int64_t> lengths;
  for (const Ids& source : sources) {
    ids.insert(ids.end(), source.begin(), source.end());
    lengths.push_back(int64_t(source.size()));
  }
  batch.frame = make_frame(lengths);
  batch.ids = at::tensor(ids, at::kLong);
}

}  // namespace

Tensor Continuation::read(const std::vector<Ids>& fresh) {
  lengths_.resize(fresh.size(), 0);
  Ids ids, positions, ends;
  std::vector<int64_t> counts;
  Batch batch;
  for (size_t i = 0; i < fresh.size(); ++i) {
    for (int64_t id : fresh[i]) {
      ids.push_back(id);
      positions.push_back(lengths_[i]++);
    }
    counts.push_back(int64_t(fresh[i].size()));
    ends.push_back(int64_t(ids.size()) - 1);
    batch.examples.push_back(int64_t(i));
  }
  const auto frame = make_frame(counts);
  frame->positions = at::tensor(positions, at::kLong);
  batch.frame = frame;
  batch.ids = at::tensor(ids, at::kLong);
  batch.segments = at::zeros_like(batch.ids);
  if (model_.facts().decoder) {
    batch.target = batch.ids;
    batch.target_frame = batch.frame;
    if (cache_.empty()) add_sources(sources_, batch);
  }
  Pass pass;
  pass.cache = &cache_;
  const Tensor hidden = model_.encode(batch, pass).index_select(0, at::tensor(ends, at::kLong));
  const FrameScope scope(pass, pooled_frame(int64_t(fresh.size())));
  return (*model_.head())(hidden, batch, pass).to(at::kFloat);
}

void Continuation::keep(const std::vector<int64_t>& order) {
  std::vector<int64_t> lengths;
  for (int64_t text : order) lengths.push_back(lengths_.at(size_t(text)));
  lengths_ = std::move(lengths);
  cache_.reorder(order);
}

}  // namespace espalier
