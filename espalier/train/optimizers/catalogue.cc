// All optimizers by name.
#include "espalier/train/optimizers/adafactor.h"
#include "espalier/train/optimizers/adamw.h"
#include "espalier/train/optimizers/sgd.h"

namespace espalier {

const Registry<Optimizer>& optimizers() {
  static const Registry<Optimizer> all = [] {
    Registry<Optimizer> r("optimizer");
    r.add<AdamW, AdamWOptions>("adamw", "adaptive steps, decay apart from the gradient");
    r.add<Sgd, SgdOptions>("sgd", "gradient descent with momentum");
    r.add<Adafactor, AdafactorOptions>("adafactor", "adaptive steps with row and column means in place of all squares");
    return r;
  }();
  return all;
}

}  // namespace espalier
