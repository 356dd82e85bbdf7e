// The runs of a sweep in turn, with one base in memory.
#pragma once

#include <functional>

#include "espalier/recipe/run.h"
#include "espalier/recipe/sweep_folder.h"

namespace espalier {

/// Goes through the runs that are waiting, each bit for bit what it is when trained alone. One whose numbers stop being finite is
/// noted as failed, and the next begins; every other Error ends the sweep, and `--resume` goes on with that run. `options` gives
/// the options of one run, whose `stop` also ends the sweep: false then.
bool run_sweep(SweepFolder& folder, const std::function<RunOptions()>& options, Log& log);

}  // namespace espalier
