// environment.json of a run folder: by what, and on what kind of machine, the run was computed. No names of machine or user.
#pragma once

#include <nlohmann/json.hpp>

#include "espalier/recipe/plan.h"
#include "espalier/report/run.h"

namespace espalier {

/// espalier, libtorch, compiler, processor, instructions, kernels, cores, threads, precision, precision_reason.
nlohmann::ordered_json environment_of(const Plan& plan);
/// Writes it. Where a resumed run finds another one, what differs becomes a note among the events at `step`.
void record_environment(const RunFolder& folder, const Plan& plan, int64_t step);

}  // namespace espalier
