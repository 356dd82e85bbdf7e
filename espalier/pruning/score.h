// Score: what each number of a pool is worth; the largest stay.
//   random     N(0, 1), by seed and path
//   magnitude  |w|
//   snip       |w ⊙ dL/dw|                        Lee et al. 2019
//   grasp      w ⊙ H g, H over the pool alone     Wang et al. 2020; the least raise the gradient's norm most when they go
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/base/registry.h"
#include "espalier/models/sample.h"

namespace espalier {

class Score {
 public:
  virtual ~Score() = default;
  virtual bool needs_data() const { return false; }
  /// One tensor of each parameter's shape, in double. `sample` may be null where no data is needed.
  virtual std::vector<Tensor> of(const std::vector<Parameter*>& pool, uint64_t seed, const Sample* sample) const = 0;
};

/// random magnitude snip grasp
const Registry<Score>& scores();

/// A numeric Error that names a parameter whose score is not finite.
void check_finite(const std::vector<Parameter*>& pool, const std::vector<Tensor>& scores);

}  // namespace espalier
