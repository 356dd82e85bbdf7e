// The formats behind open_rows, one source each.
#pragma once

#include <memory>
#include <string>

#include "espalier/io/rows.h"

namespace espalier {

std::unique_ptr<RowReader> open_delimited(const std::string& path, const std::string& format, const RowOptions& options);
std::unique_ptr<RowReader> open_json_lines(const std::string& path, const RowOptions& options);
std::unique_ptr<RowReader> open_plain_lines(const std::string& path, const RowOptions& options);

}  // namespace espalier
