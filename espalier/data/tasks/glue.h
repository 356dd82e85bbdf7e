// GLUE (Wang et al. 2019): nine tasks, their columns in GLUE's own archives and in plainer copies, and their metrics.
#pragma once

#include <vector>

#include "espalier/data/named_task.h"

namespace espalier {

std::vector<NamedTask> glue_tasks();

}  // namespace espalier
