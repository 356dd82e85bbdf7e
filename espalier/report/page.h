// Runs as one HTML page that needs nothing beside itself: no script, no font, no picture from elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "espalier/base/table.h"
#include "espalier/report/confusion.h"
#include "espalier/report/curve.h"

namespace espalier {

/// A metric; what is not known is not shown.
struct PageFigure {
  std::string name;
  std::optional<double> dev, majority, test;  ///< majority: of dev, of the answer that looks at nothing
};

struct PageClass {
  std::string name;
  int64_t rows = 0;
  double precision = 0, recall = 0, f1 = 0;
};

using PageFacts = std::vector<std::pair<std::string, std::string>>;

/// All that a page says of one run.
struct RunPage {
  std::string name;             ///< of its folder
  std::string title, subtitle;  ///< "lora on glue/rte"
  std::string command;
  std::string best;  ///< the metric that chose the checkpoint
  std::vector<PageFigure> figures;
  Series loss, learning_rate, metric;  ///< over steps; `metric` on dev
  std::optional<std::pair<double, double>> best_at;
  std::vector<PageClass> classes;             ///< of dev; empty where there are none
  std::optional<ConfusionPicture> confusion;  ///< of dev
  PageFacts plan, parameters, time, environment;
  std::vector<std::string> notes;  ///< warnings and what else was noted while it ran
};

/// `comparison` stands first where there are several runs.
std::string report_html(std::span<const RunPage> runs, const std::optional<Table>& comparison);

}  // namespace espalier
