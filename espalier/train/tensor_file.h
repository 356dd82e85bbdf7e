// Tensors to and from a safetensors file.
#pragma once

#include <map>
#include <string>

#include "espalier/base/files.h"
#include "espalier/train/optimizer.h"

namespace espalier {

void write_tensors(const fs::path& path, const NamedTensors& tensors, const std::map<std::string, std::string>& metadata = {});
/// Copies, so that they may be written into.
NamedTensors read_tensors(const fs::path& path, std::map<std::string, std::string>* metadata = nullptr);

}  // namespace espalier
