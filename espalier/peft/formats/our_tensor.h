// Upstream's tensors by our paths, heads included.
#pragma once

#include <optional>
#include <string>

#include "espalier/models/names.h"

namespace espalier {

/// Our parameter path of upstream's tensor; nullopt when the family has no such name.
std::optional<std::string> our_tensor(const NameTable& table, const std::string& theirs);

}  // namespace espalier
