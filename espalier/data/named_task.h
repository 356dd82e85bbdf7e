// Tasks known by name: where their files lie, in which layouts, and how they are judged.
#pragma once

#include <string>
#include <vector>

#include "espalier/data/task.h"

namespace espalier {

/// One way in which the files of a task are laid out. Names are relative to the root; the first that exists is taken.
struct Layout {
  std::vector<std::string> train, dev, test;
  std::vector<std::string> text;
  std::string label;
  bool header = true;
};

struct NamedTask {
  std::string name, help;
  TaskKind kind = TaskKind::classify;
  std::vector<std::string> labels;
  std::vector<std::string> metrics;  ///< the first chooses the best checkpoint
  std::vector<Layout> layouts;
};

/// All of them, for `espalier list tasks`.
const std::vector<NamedTask>& named_tasks();
/// A usage Error names the nearest.
const NamedTask& find_named_task(const std::string& name, const std::string& place = "");

/// Fills in what `options` leaves open: kind, columns, labels, metrics, format and the paths of train, dev and test. The root is
/// options.root, else ESPALIER_DATA. Where no training file is found (no file at all unless `training`), a usage Error lists what
/// was tried. A test file without labels, as GLUE has them, is left out.
DataOptions resolve_named_task(const DataOptions& options, bool training = true);

}  // namespace espalier
