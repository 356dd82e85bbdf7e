// profile.json of a run folder, and the same as tables for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "espalier/nn/pass.h"
#include "espalier/train/profile.h"

namespace espalier {

/// What products reach on this machine: those that `doctor` measures, with frozen weights of that precision.
struct ProductLimit {
  std::string precision;  ///< "fp32", "bf16"
  int64_t threads = 0;
  double gflops = 0;
};
/// Takes about a second.
ProductLimit measure_limit(Precision precision);

/// Totals, rows by kind and direction, rows by place; docs/formats.md lists the keys.
nlohmann::ordered_json profile_json(const Profile& profile, const ProductLimit& limit);
/// Where a step goes by kind, then by place; places of less than half a percent share one line.
std::string profile_text(const Profile& profile, const ProductLimit& limit);

}  // namespace espalier
