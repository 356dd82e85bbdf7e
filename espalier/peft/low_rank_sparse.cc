#include "espalier/peft/low_rank_sparse.h"

#include <algorithm>

#include "espalier/nn/tensor.h"

namespace espalier {

LowRankSparse decompose(const Tensor& weight, const Tensor& start, const LowRankSparseOptions& options) {
  at::NoGradGuard no_gradient;
  const Tensor w = weight.detach().to(at::kDouble);
  const int64_t most = std::min(w.size(0), w.size(1));
  const int64_t limit = options.max_rank > 0 ? std::min(options.max_rank, most) : most;
  LowRankSparse out{Tensor(), start.to(at::kDouble), Tensor()};
  for (int64_t round = 1;; ++round) {
    out.sparse = at::zeros_like(w);
    for (int64_t i = 0; i < options.alternations; ++i) {
      const Tensor dense = w - out.sparse;
      out.left = std::get<0>(at::linalg_qr(at::matmul(dense, out.right.t()), "reduced"));
      out.right = at::matmul(out.left.t(), dense);
      const Tensor rest = w - at::matmul(out.left, out.right);
      out.sparse = at::where(rest.abs() < options.threshold, at::zeros_like(rest), rest);
    }
    const int64_t rank = out.right.size(0);
    if (round == options.rounds || (options.max_rank > 0 && rank >= limit)) return out;
    const int64_t grow = std::min(options.step, limit - rank);
    if (grow == 0) continue;  // of full rank: the authors' loop goes on, and S has become empty
    const Tensor error = w - at::matmul(out.left, out.right) - out.sparse;
    const Tensor rows = std::get<1>(at::linalg_qr(error, "reduced")).narrow(0, 0, grow);
    out.right = at::cat({out.right, rows}, 0);
  }
}

}  // namespace espalier
