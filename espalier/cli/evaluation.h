// What `evaluate` says: metrics with 95 % intervals, each class (or entity type), the most confused pairs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "espalier/data/task.h"
#include "espalier/train/evaluate.h"

namespace espalier {

std::string evaluation_text(const Task& task, const Evaluated& evaluated);
nlohmann::ordered_json evaluation_json(const Task& task, const Evaluated& evaluated);

}  // namespace espalier
