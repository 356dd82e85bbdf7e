// Memory: what cross attention reads.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "espalier/nn/frame.h"

namespace espalier {

struct Memory {
  Tensor rows;                         ///< [N, D]: the encoder's last rows, those of prompts among them
  std::shared_ptr<const Frame> frame;  ///< whose they are
};

}  // namespace espalier
