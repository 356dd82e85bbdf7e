// Run folders as a user names them.
#pragma once

#include <string>
#include <vector>

#include "espalier/base/files.h"

namespace espalier {

/// Each name that is no run itself, but a folder with finished runs in it (of `train --seeds` or `sweep`), becomes those runs,
/// by name.
std::vector<fs::path> run_folders(const std::vector<std::string>& names);

}  // namespace espalier
