// Which metrics can judge a task: those whose needs its evaluation fills.
#pragma once

#include <string>

#include "espalier/data/task.h"
#include "espalier/metrics/metric.h"

namespace espalier {

bool metric_fits(const Metric& metric, TaskKind kind);
/// A usage Error when the name is unknown or a task of this kind gives no figure for it; says what the task gives.
void require_fitting_metric(const std::string& name, TaskKind kind, const std::string& place);

}  // namespace espalier
