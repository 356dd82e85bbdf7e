// Tasks known by name: where their files lie, in which layouts, and how they are judged.
#pragma once

#include <string>
#include <vector>

#include "espalier/data/task.h"

namespace espalier {

/// One way in which the files of a task are found: names relative to the root; "" where there is none.
struct Layout {
  std::string train, dev, test;
  std::vector<std::string> text;
  std::string label;
  bool header = true;
};

struct NamedTask {
  std::string name, help;
  TaskKind kind = TaskKind::classify;
  std::vector<std::string> labels;
  std::vector<std::string> metrics;  ///< the first chooses the best checkpoint
  std::vector<Layout> layouts;       ///< the first whose file exists is taken, for each file
};

/// All of them, for `espalier list tasks`.
const std::vector<NamedTask>& named_tasks();
/// A usage Error names the nearest.
const NamedTask& find_named_task(const std::string& name, const std::string& place = "");

/// Fills in what `options` leaves open: kind, columns, labels, metrics, format and the paths of train, dev and test. The root is
/// options.root, else ESPALIER_DATA. Where nothing is found, a usage Error lists what was tried.
DataOptions resolve_named_task(const DataOptions& options);

}  // namespace espalier
