// What every metric asks of its input before it computes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace espalier {

void require_same_size(size_t truth, size_t predicted, std::string_view unit);  ///< else a data Error
void require_finite(std::span<const double> values, std::string_view what);     ///< else a numeric Error naming the first
void require_classes(std::span<const int64_t> values, int64_t classes,
                     std::string_view what);  ///< 0 .. classes-1, else a data Error
void require_probabilities(size_t examples, std::span<const double> probabilities, int64_t classes);

/// above / below, and 0 where below is 0.
inline double ratio(double above, double below) { return below == 0 ? 0 : above / below; }

}  // namespace espalier
