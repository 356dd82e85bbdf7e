// From the files of torch.save to safetensors, without Python: one file, or a folder with pytorch_model.bin (one, or shards with
// an index) or adapter_model.bin.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/base/files.h"
#include "espalier/base/log.h"

namespace espalier {

struct ConvertOptions {
  bool check_sums = true;  ///< refuse zip entries whose CRC-32 differs
};

struct Conversion {
  std::vector<fs::path> files;      ///< what was written; of shards the index comes last
  std::vector<std::string> copied;  ///< files of the folder that came along
  int64_t tensors = 0, bytes = 0;   ///< of the tensors
};

/// Writes the tensors of `from` to `to`: a name that ends in ".safetensors", or a folder, which gets model.safetensors (in shards
/// above 5 GB) and the configuration and tokenizer files that lie beside the weights. Types stay as they are. A view is written
/// with its own elements in row-major order; tied tensors are written under each of their names, so that every reader finds what
/// it looks for. Weights that are there already are not replaced: a usage Error.
Conversion convert_torch(const fs::path& from, const fs::path& to, const ConvertOptions& options, Log& log);

}  // namespace espalier
