// OwnLeaves: parameters of the base that train. Each gets a leaf of its own, so that the original stays what it was and can be
// put back.
#pragma once

#include <vector>

#include "espalier/nn/parameter.h"

namespace espalier {

class OwnLeaves {
 public:
  /// Gives each a copy of its leaf; parameters without a leaf (a pooler that the file lacks) are passed over.
  void take(const std::vector<Parameter*>& parameters);
  /// The trained leaves out and the base's in, or back.
  void swap();
  /// The base's leaves, for good.
  void give_back();
  std::vector<Parameter*> parameters() const;

 private:
  struct Original {
    Parameter* parameter;
    Tensor leaf;  // the one that is not in use
    bool mapped;
  };
  std::vector<Original> originals_;
  bool swapped_ = false;
};

}  // namespace espalier
