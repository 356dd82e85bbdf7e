// What a report says of a run, read from its folder.
#pragma once

#include "espalier/base/files.h"
#include "espalier/report/page.h"

namespace espalier {

/// A run that has not finished is described as far as it got.
RunPage read_page(const fs::path& folder);

}  // namespace espalier
