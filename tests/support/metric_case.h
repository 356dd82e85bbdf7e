// One random case of tools/oracle/make_metrics.py or make_text_metrics.py: computes our figures for
// it, in the order and under the names of "want".
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace espalier::support {

using Figures = std::map<std::string, std::vector<double>>;

Figures metric_figures(const nlohmann::json& given);
/// Those of a case of texts; adds nothing for other kinds.
void text_figures(const nlohmann::json& given, Figures& out);

/// The largest |ours - theirs| / max(1, |theirs|) over the figures of "want"; infinity when one is missing. `worst` names it.
double metric_deviation(const nlohmann::json& given, std::string* worst);

}  // namespace espalier::support
