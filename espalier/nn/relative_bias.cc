#include "espalier/nn/relative_bias.h"

#include <cmath>

#include "espalier/nn/recorder.h"
#include "espalier/nn/tensor.h"

namespace espalier {

Tensor relative_buckets(int64_t queries, int64_t keys, const RelativeOptions& o) {
  const Tensor places = at::arange(keys, at::kLong);
  const Tensor ahead = places.unsqueeze(0) - places.narrow(0, keys - queries, queries).unsqueeze(1);  // key - query
  const int64_t buckets = o.both_ways ? o.buckets / 2 : o.buckets, exact = buckets / 2;
  const Tensor distance = o.both_ways ? ahead.abs() : -ahead.clamp_max(0);
  // In float32 whatever the model's dtype, as the reference: the edges of the buckets are where its rounding puts them.
  const Tensor far = (at::log(distance.to(at::kFloat) / double(exact)) / std::log(double(o.max_distance) / double(exact)) *
                      double(buckets - exact))
                         .to(at::kLong) +
                     exact;
  const Tensor bucket = at::where(distance.lt(exact), distance, far.clamp_max(buckets - 1));
  return o.both_ways ? bucket + ahead.gt(0).to(at::kLong) * buckets : bucket;
}

const Tensor& SharedBias::of(const Group& group, int64_t queries, int64_t keys, Pass& pass) {
  const bool apart = pass.recorder != nullptr && pass.recorder->wants_values();
  Tensor& bias = made_[{apart ? group.first : -1, queries, keys}];
  if (bias.defined()) return bias;
  const int64_t count = apart ? group.count : 1;
  std::vector<int64_t> lengths(size_t(pass.frame->examples()), 0);
  std::fill_n(lengths.begin() + (apart ? group.first : 0), count, queries * keys);
  const FrameScope scope(pass, make_frame(lengths));
  const Tensor ids = relative_buckets(queries, keys, table_.options()).flatten().repeat({count});
  bias = table_(ids, pass).view({count, queries, keys, -1}).permute({0, 3, 1, 2});
  return bias;
}

}  // namespace espalier
