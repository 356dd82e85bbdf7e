// The methods, an explicit list.
#pragma once

#include "espalier/base/registry.h"
#include "espalier/models/modifier.h"

namespace espalier {

/// lora adapter compacter ia3 fact kadaptation dsee prompt prefix intrinsic diff_pruning full bitfit layer_norm linear_probe
const Registry<Modifier>& methods();

}  // namespace espalier
