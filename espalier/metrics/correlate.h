// Real-valued predictions: correlations and errors. Correlations are 0 where scipy says nan (constant input, fewer than two
// rows).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace espalier {

double pearson(std::span<const double> truth, std::span<const double> predicted);
double spearman(std::span<const double> truth, std::span<const double> predicted);  ///< Pearson of the average ranks
double mean_squared_error(std::span<const double> truth, std::span<const double> predicted);
double mean_absolute_error(std::span<const double> truth, std::span<const double> predicted);
/// 1 - SS_res / SS_tot; for constant truth 1 when every prediction is exact, else 0 (as sklearn's force_finite).
double r2(std::span<const double> truth, std::span<const double> predicted);

/// Ranks from 1, equal values sharing the mean of theirs (scipy.stats.rankdata).
std::vector<double> average_ranks(std::span<const double> values);

}  // namespace espalier
