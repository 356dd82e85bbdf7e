// Reads the weights of a Hugging Face folder: `model.safetensors`, or `model.safetensors.index.json` and its shards. A folder
// that holds only a pickle (`pytorch_model.bin`) is refused with the command that converts it; nothing is ever unpickled.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/io/tensor_view.h"

namespace espalier {

class SafetensorsFolder {
 public:
  /// `stem` is the file name before ".safetensors": "model", or "adapter_model" for a PEFT folder. A path to one
  /// .safetensors file is accepted too. When a folder has both the single file and an index, the single file counts.
  explicit SafetensorsFolder(const fs::path& path, const std::string& stem = "model");

  const fs::path& path() const { return path_; }
  /// The safetensors files that were read.
  const std::vector<fs::path>& files() const { return files_; }
  const TensorMap& tensors() const { return tensors_; }
  /// All names, sorted.
  std::vector<std::string> names() const;
  /// nullptr when there is no such tensor.
  const TensorView* find(std::string_view name) const;
  /// As find; an absent name is a data Error that names the nearest one.
  const TensorView& at(std::string_view name) const;
  /// `__metadata__` of all files together; a later file wins.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  void add_file(const fs::path& file);
  void read_index(const fs::path& index);

  fs::path path_;
  std::vector<fs::path> files_;
  TensorMap tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace espalier
