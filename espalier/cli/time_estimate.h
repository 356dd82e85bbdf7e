// How long a plan will take on this machine: multiply-adds of its steps over the measured speed of one product.
#pragma once

#include <string>

#include "espalier/recipe/plan.h"

namespace espalier {

struct TimeEstimate {
  double seconds = 0;
  double tokens = 0;  ///< of a mean text, of the first few hundred
  double gflops = 0;  ///< measured
  std::string text() const;
};

TimeEstimate estimate_time(const Plan& plan);

}  // namespace espalier
