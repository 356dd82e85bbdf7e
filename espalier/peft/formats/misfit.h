// What to say when none of an adapter's places is in a model: how the two differ.
#pragma once

#include "espalier/base/error.h"
#include "espalier/models/model.h"
#include "espalier/peft/formats/peft_file.h"

namespace espalier {

/// Names, widths and number of blocks of the one and of the other.
Error wrong_backbone(Model& model, const PeftFile& file);

}  // namespace espalier
