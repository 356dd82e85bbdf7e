// One safetensors file.
#include "espalier/io/safetensors.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void read(std::string_view bytes) {
  const Safetensors read(memory_file(bytes));
  for (const auto& [name, view] : read.tensors()) {
    expect(int64_t(view.bytes.size()) == view.numel() * dtype_size(view.dtype), "a view has the bytes of its shape");
    unsigned sum = 0;
    for (const std::byte byte : view.bytes) sum += unsigned(byte);
    expect(sum <= 255 * view.bytes.size(), "the bytes can be read");
  }
}

const AddTarget kTarget("safetensors", read);

}  // namespace
}  // namespace espalier::fuzz
