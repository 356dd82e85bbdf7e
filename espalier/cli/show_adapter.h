// espalier show adapter.
#pragma once

#include <string>

namespace espalier {

/// Prints what the folder holds, as tables or as one JSON object.
int show_adapter(const std::string& name, bool json);

}  // namespace espalier
