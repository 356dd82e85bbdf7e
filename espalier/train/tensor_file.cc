#include "espalier/train/tensor_file.h"

#include "espalier/io/safetensors.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/models/leaf.h"
#include "espalier/nn/tensor.h"

namespace espalier {

void write_tensors(const fs::path& path, const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
  std::vector<Tensor> held;
  std::vector<NamedTensor> named;
  for (const auto& [name, tensor] : tensors) {
    held.push_back(tensor.detach().cpu().contiguous());
    named.push_back(named_tensor(name, held.back()));
  }
  write_safetensors(path, named, metadata);
}

NamedTensors read_tensors(const fs::path& path, std::map<std::string, std::string>* metadata) {
  const Safetensors file(path);
  NamedTensors tensors;
  for (const auto& [name, view] : file.tensors()) {
    const auto type = scalar_type(view.dtype);
    if (!type) throw data_error("element type {} cannot be read here", dtype_name(view.dtype)).at(path.string() + ": " + name);
    tensors[name] = tensor_of(view, *type).clone();
  }
  if (metadata != nullptr) *metadata = file.metadata();
  return tensors;
}

}  // namespace espalier
