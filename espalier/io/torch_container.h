// The two containers of torch.save: where the pickle lies, and the bytes of each storage that it refers to.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "espalier/io/dtype.h"
#include "espalier/io/pickle.h"

namespace espalier {

/// A persistent id, ('storage', type, key, location, elements).
struct StorageReference {
  std::string_view key;
  DType dtype = DType::f32;
  int64_t elements = 0;
};
/// Reads value `index`, a reference; a data Error at `place` when it is something else.
StorageReference storage_reference(const Pickle& pickle, uint32_t index, const std::string& place);

struct TorchContainer {
  Pickle pickle;
  std::map<std::string, std::string_view, std::less<>> storages;  ///< by key
};

/// By its first bytes: zip, or the older format. Anything else is a data Error that says what it looks like.
TorchContainer open_torch_container(std::string_view file, const std::string& place, bool check_sums);

}  // namespace espalier
