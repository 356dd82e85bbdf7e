// The attentions of a model in the order of its layers, as a prefix of peft's lists them.
#pragma once

#include <vector>

#include "espalier/base/error.h"
#include "espalier/models/model.h"
#include "espalier/nn/attention.h"

namespace espalier {

/// Notes a problem where one runs in several layers, or where a layer has two.
std::vector<Attention*> attentions_of(Model& model, Problems& problems);

}  // namespace espalier
