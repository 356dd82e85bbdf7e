// model.safetensors.index.json beside two good shards.
#include "espalier/io/safetensors_folder.h"
#include "espalier/io/safetensors_writer.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void read(std::string_view bytes) {
  static const Folder folder;
  static const bool ready = [] {
    const std::vector<std::byte> data(8);
    write_safetensors(folder.path() / "1.safetensors", {{"a", DType::f32, {2}, data}, {"b", DType::i64, {1}, data}});
    write_safetensors(folder.path() / "2.safetensors", {{"c", DType::u8, {2, 4}, data}});
    return true;
  }();
  expect(ready, "the shards are there");
  folder.write("model.safetensors.index.json", bytes);
  const SafetensorsFolder read(folder.path());
  expect(read.names().size() == 1 || read.names().size() == 2 || read.names().size() == 3, "only tensors of the shards are read");
}

const AddTarget kTarget("index", read);

}  // namespace
}  // namespace espalier::fuzz
