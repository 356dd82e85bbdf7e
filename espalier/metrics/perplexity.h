// How surprised a language model is: exp of the mean loss of a token.
#pragma once

#include <span>

namespace espalier {

/// exp(Σ loss_sums / Σ token_counts): the mean is over tokens, not over texts. loss_sums [N]: sums of -log p (natural) over each
/// text's predicted tokens; token_counts [N]: how many those are. 1 without tokens; infinity where exp overflows. A numeric Error
/// for a loss that is not finite, a data Error for a count that is negative.
double perplexity(std::span<const double> loss_sums, std::span<const double> token_counts);

}  // namespace espalier
