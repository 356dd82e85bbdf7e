// All objectives by name.
#include "espalier/train/objectives/cross_entropy.h"
#include "espalier/train/objectives/regression.h"

namespace espalier {

const Registry<Objective>& objectives() {
  static const Registry<Objective> all = [] {
    Registry<Objective> r("objective");
    r.add<CrossEntropy, CrossEntropyOptions>("cross_entropy", "one class an example; class weights, label smoothing");
    r.add<SquaredError, NoOptions>("mse", "squared error of one or several targets");
    r.add<BinaryCrossEntropy, BinaryCrossEntropyOptions>("bce", "several labels an example, each true or false");
    r.add<TokenCrossEntropy, CrossEntropyOptions>("token_cross_entropy", "one class a token; unlabelled tokens are skipped");
    r.add<TokenCrossEntropy, CrossEntropyOptions>("masked_lm", "the masked tokens, over the vocabulary");
    r.add<TokenCrossEntropy, CrossEntropyOptions>("causal_lm", "the piece behind each piece, over the vocabulary");
    r.add<CosineError, CosineOptions>("cosine", "squared error of the cosine of two texts against their score");
    return r;
  }();
  return all;
}

}  // namespace espalier
