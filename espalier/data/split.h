// The hold-out split: stratified by class, a function of the seed; equal texts and equal groups stay on one side.
#pragma once

#include <cstdint>
#include <vector>

#include "espalier/data/survey.h"

namespace espalier {

/// True for each row that is held out. About `share` of each class; a usage Error where one side would be empty.
std::vector<bool> hold_out(const Survey& survey, double share, uint64_t seed);

}  // namespace espalier
