#include "espalier/metrics/perplexity.h"

#include <cmath>

#include "espalier/base/error.h"
#include "espalier/metrics/check.h"

namespace espalier {

double perplexity(std::span<const double> loss_sums, std::span<const double> token_counts) {
  require_same_size(token_counts.size(), loss_sums.size(), "sums of losses");
  require_finite(loss_sums, "loss");
  require_finite(token_counts, "count of tokens");
  double loss = 0, tokens = 0;
  for (size_t i = 0; i < loss_sums.size(); ++i) {
    if (token_counts[i] < 0) throw data_error("text {} has {} tokens; expected 0 or more", i, token_counts[i]);
    loss += loss_sums[i], tokens += token_counts[i];
  }
  return std::exp(ratio(loss, tokens));
}

}  // namespace espalier
