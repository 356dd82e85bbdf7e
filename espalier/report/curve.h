// A line chart as an SVG picture: a loss or a metric over steps, each line named at its end.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace espalier {

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  // ascending in x; non-finite ones break the line
};

struct CurvePicture {
  std::string title, subtitle;  // without a title neither is drawn, and the subtitle names the picture to who cannot see it
  std::string x_label = "step", y_label;
  std::vector<Series> series;
  bool from_zero = false;  // the y axis starts at 0
  double width = 860, height = 440;
  bool names = true;                              // at the ends of lines; else the value alone where there is one line
  std::optional<std::pair<double, double>> mark;  // a point that is ringed, with its value
};

std::string curve_svg(const CurvePicture& picture);

/// Tick positions at 1, 2 or 5 times a power of ten covering [low, high], about `count` of them.
std::vector<double> nice_ticks(double low, double high, int count);

}  // namespace espalier
