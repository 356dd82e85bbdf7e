// A file of torch.save: zip or legacy. Checksums are not compared, since no mutation would pass them.
#include "espalier/io/torch_file.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

constexpr int64_t kLargest = 1 << 20;  // expanded views are bounded by convert, not by the reader

void read(std::string_view bytes) {
  const TorchFile read(memory_file(bytes), false);
  for (const auto& [name, tensor] : read.tensors()) {
    if (tensor.byte_size() > kLargest) continue;
    const std::string elements = row_major(tensor);
    expect(int64_t(elements.size()) == tensor.byte_size(), "a tensor has the bytes of its shape");
    if (tensor.contiguous()) {
      const auto* begin = reinterpret_cast<const char*>(tensor.bytes.data());
      expect(elements == std::string_view(begin, elements.size()), "a contiguous tensor is its own row-major order");
    }
  }
}

const AddTarget kTarget("torch_file", read);

}  // namespace
}  // namespace espalier::fuzz
