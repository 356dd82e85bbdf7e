// RelativeBias: a number for each head that is added to the score of a query and a key, by their distance. Near distances have a
// bucket each, far ones share buckets of logarithmic width. Raffel et al. 2020, 2.1.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>

#include "espalier/nn/embedding.h"

namespace espalier {

struct RelativeOptions {
  int64_t buckets = 32, max_distance = 128;
  bool both_ways = true;  ///< half of the buckets are for keys behind the query; else such keys fall into the nearest bucket
};

/// The bucket of each query and key, [queries, keys] int64; the queries are the last of the rows.
Tensor relative_buckets(int64_t queries, int64_t keys, const RelativeOptions& options);

/// The table, at <attention>.bias: [buckets, heads].
class RelativeBias : public Embedding {
 public:
  RelativeBias(Module& parent, int64_t heads, const RelativeOptions& options)
      : Embedding(parent, "bias", options.buckets, heads), options_(options) {}
  const RelativeOptions& options() const { return options_; }

 private:
  RelativeOptions options_;
};

/// The scores' biases that all attentions of one stack share in one pass: each is made when it is first asked for.
class SharedBias {
 public:
  /// Stands in the pass until it is destroyed.
  SharedBias(Pass& pass, const RelativeBias& table) : pass_(pass), saved_(pass.bias), table_(table) { pass.bias = this; }
  ~SharedBias() { pass_.bias = saved_; }
  SharedBias(const SharedBias&) = delete;
  SharedBias& operator=(const SharedBias&) = delete;

  /// [1, H, queries, keys], or one for each example of the group where a recorder tells examples apart.
  const Tensor& of(const Group& group, int64_t queries, int64_t keys, Pass& pass);

 private:
  Pass& pass_;
  SharedBias* saved_;
  const RelativeBias& table_;
  std::map<std::tuple<int64_t, int64_t, int64_t>, Tensor> made_;  // by first example or -1, queries, keys
};

}  // namespace espalier
