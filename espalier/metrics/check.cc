// Checks of metric inputs; each says what was found and what was expected.
#include "espalier/metrics/check.h"

#include <cmath>

#include "espalier/base/error.h"

namespace espalier {

void require_same_size(size_t truth, size_t predicted, std::string_view unit) {
  if (truth != predicted) throw data_error("{} true {} but {} predicted ones; expected as many", truth, unit, predicted);
}

void require_finite(std::span<const double> values, std::string_view what) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) throw numeric_error("{} {} is {}; expected a finite number", what, i, values[i]);
  }
}

void require_classes(std::span<const int64_t> values, int64_t classes, std::string_view what) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= 0 && values[i] < classes) continue;
    throw data_error("{} {} of example {} is out of range; expected 0 to {}", what, values[i], i, classes - 1);
  }
}

void require_probabilities(size_t examples, std::span<const double> probabilities, int64_t classes) {
  if (classes < 1 || probabilities.size() % size_t(classes) != 0 || probabilities.size() / size_t(classes) != examples) {
    throw data_error("{} probabilities for {} examples of {} classes; expected one for each example and class",
                     probabilities.size(), examples, classes);
  }
  require_finite(probabilities, "probability");
}

}  // namespace espalier
