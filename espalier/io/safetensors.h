// Reads one safetensors file: 8 bytes of header length, a JSON header, the tensors. Memory-mapped, nothing is copied, and the
// whole header is checked before a tensor is handed out. https://github.com/huggingface/safetensors#format
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/io/tensor_view.h"

namespace espalier {

class Safetensors {
 public:
  /// Opens and checks the file; a data Error lists the problems of all tensors at once.
  explicit Safetensors(const fs::path& path);

  const fs::path& path() const { return path_; }
  const TensorMap& tensors() const { return tensors_; }
  /// All names, sorted.
  std::vector<std::string> names() const;
  /// nullptr when the file holds no such tensor.
  const TensorView* find(std::string_view name) const;
  /// As find; an absent name is a data Error that names the nearest one.
  const TensorView& at(std::string_view name) const;
  /// The header's `__metadata__`.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  fs::path path_;
  TensorMap tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace espalier
