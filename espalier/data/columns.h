// Which columns of an open file a task reads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "espalier/data/task.h"

namespace espalier {

struct Columns {
  std::vector<size_t> text, label, keep;
  std::optional<size_t> group;
};

/// All columns that are missing are one usage Error. Plain lines of text are the text of a task with one text.
Columns find_columns(const RowReader& rows, const Task& task, bool labels, const std::vector<std::string>& keep = {},
                     bool group = false);

/// Splits "sentence1,sentence2" where no column has that very name, and fills in the usual names where none is given.
void name_texts(const RowReader& rows, Task& task);
/// As name_texts, of texts and labels.
void name_columns(const RowReader& rows, Task& task);

}  // namespace espalier
