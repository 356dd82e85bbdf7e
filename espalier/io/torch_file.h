// A file of tensors that torch.save wrote: a zip archive, or the format before torch 1.6. Memory-mapped; of its pickle only the
// description is read (io/pickle.h), nothing is executed.
// https://github.com/pytorch/pytorch/blob/main/docs/source/notes/serialization.rst
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "espalier/io/tensor_view.h"

namespace espalier {

/// A tensor inside a storage: element (i, j, …) is at i * strides[0] + j * strides[1] + ….
struct StridedTensor {
  DType dtype = DType::f32;
  std::vector<int64_t> shape, strides;  ///< in elements; every element was checked to lie in `bytes`
  std::span<const std::byte> bytes;     ///< from its first element to the end of the storage
  std::shared_ptr<const MappedFile> owner;

  int64_t numel() const;
  int64_t byte_size() const;
  /// Whether the elements follow each other in row-major order, so that the first byte_size() bytes are the tensor.
  bool contiguous() const;
  /// Whether both name the very same elements: tied weights.
  bool same_elements(const StridedTensor& other) const;
};

/// The elements in row-major order.
std::string row_major(const StridedTensor& tensor);

class TorchFile {
 public:
  /// Opens and checks the file. `check_sums`: a zip entry whose CRC-32 differs is a data Error.
  explicit TorchFile(const fs::path& path, bool check_sums = true);

  const fs::path& path() const { return path_; }
  const std::map<std::string, StridedTensor>& tensors() const { return tensors_; }
  /// The key under which the tensors were found ("state_dict", "model", …); empty when they are the file's own dict.
  const std::string& section() const { return section_; }
  /// The keys beside `section`, which hold something else (an optimizer, an epoch).
  const std::vector<std::string>& left_out() const { return left_out_; }
  /// Size of the file.
  int64_t file_bytes() const { return file_bytes_; }

 private:
  fs::path path_;
  std::map<std::string, StridedTensor> tensors_;
  std::string section_;
  std::vector<std::string> left_out_;
  int64_t file_bytes_ = 0;
};

}  // namespace espalier
