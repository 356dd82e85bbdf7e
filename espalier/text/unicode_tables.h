// Tables behind espalier/text/unicode.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace espalier {

/// From `first` up to the next run's first, every code point has these CharClass bits.
struct ClassRun {
  uint32_t first;
  uint16_t classes;
};
/// Every step-th code point from first to last has its lower case `delta` away.
struct LowerRun {
  uint32_t first, last, step;
  int32_t delta;
};

extern const ClassRun kClassRuns[];
extern const size_t kClassRunCount;
extern const LowerRun kLowerRuns[];
extern const size_t kLowerRunCount;

}  // namespace espalier
