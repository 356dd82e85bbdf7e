// W ≈ U V + S with U V of low rank and S sparse, by alternation with a rank that grows: GreBsmo (Zhou and Tao 2013) as DSEE uses
// it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace espalier {

struct LowRankSparseOptions {
  int64_t max_rank = 0;      ///< U V stops growing there and the loop ends; 0 = only `rounds` ends it
  int64_t rounds = 100;      ///< of growth
  int64_t alternations = 2;  ///< in each round
  int64_t step = 5;          ///< rows that V gains in each round
  double threshold = 0.01;   ///< |S| below it becomes zero
};

struct LowRankSparse {
  at::Tensor left, right, sparse;  // U [out, k] with orthonormal columns, V [k, in], S [out, in], in double
};

/// `start` [1, in]: the first V.
LowRankSparse decompose(const at::Tensor& w, const at::Tensor& start, const LowRankSparseOptions& options);

}  // namespace espalier
