#include "espalier/train/objective.h"

#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"

namespace espalier {

Losses Objective::operator()(Model& model, const Batch& batch, Pass& pass) { return of(model(batch, pass), batch); }

}  // namespace espalier
