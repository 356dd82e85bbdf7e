// Writes safetensors files, byte for byte as the reference library does, and folders of shards with their index.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "espalier/io/tensor_view.h"

namespace espalier {

inline constexpr int64_t kShardBytes = 5'000'000'000;  ///< as transformers splits

/// Writes one file atomically: tensors ordered by type (widest first) and name, header padded so that data start at a multiple
/// of 8. A wrong byte count, a name given twice or the name `__metadata__` is a bug Error.
void write_safetensors(const fs::path& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// Writes `<stem>.safetensors`, or, when the tensors exceed `max_shard_bytes`, `<stem>-00001-of-0000N.safetensors` (in the
/// given order) and `<stem>.safetensors.index.json`. Returns the files; the index comes last and is written last. Files of an
/// earlier write that would contradict the new ones are removed.
std::vector<fs::path> write_sharded(const fs::path& folder, const std::vector<NamedTensor>& tensors, int64_t max_shard_bytes,
                                    const std::map<std::string, std::string>& metadata = {}, const std::string& stem = "model");

}  // namespace espalier
