// What libFuzzer calls, in a program of one target. https://llvm.org/docs/LibFuzzer.html
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  espalier::fuzz::feed(espalier::fuzz::targets().front(), {reinterpret_cast<const char*>(data), size});
  return 0;
}
