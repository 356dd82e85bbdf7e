// Axes, lines, and names at the ends of lines that do not overlap.
#include "espalier/report/curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "espalier/base/text.h"
#include "espalier/report/color.h"
#include "espalier/report/svg.h"

namespace espalier {
namespace {

constexpr double kTop = 78, kUntitled = 16, kBottom = 56, kLeft = 72, kEndSpace = 190;
constexpr size_t kManyPoints = 150;  // from here on the raw line is faint and its running mean is drawn over it
constexpr std::string_view kInk = "#1f2933", kSoft = "#6b7683", kGrid = "#e8ebef", kAxis = "#9aa5b1";

using Points = std::vector<std::pair<double, double>>;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void include(double v) { low = std::min(low, v), high = std::max(high, v); }
  bool empty() const { return !(low <= high); }
};

bool finite(const std::pair<double, double>& p) { return std::isfinite(p.first) && std::isfinite(p.second); }

// Mean over the nearest twenty-fifth of the points; one-sided at the ends.
Points running_mean(const Points& raw) {
  Points points;
  std::copy_if(raw.begin(), raw.end(), std::back_inserter(points), finite);
  std::vector<double> sums{0};
  for (const auto& point : points) sums.push_back(sums.back() + point.second);
  const size_t half = points.size() / 50;
  for (size_t i = 0; i < points.size(); ++i) {
    const size_t from = i - std::min(half, i), to = std::min(i + half + 1, points.size());
    points[i].second = (sums[to] - sums[from]) / double(to - from);
  }
  return points;
}

struct Scale {
  double low, high, from, to;
  double operator()(double v) const { return from + (v - low) / (high - low) * (to - from); }
};

std::string path_data(const Points& points, const Scale& x, const Scale& y) {
  std::string d;
  bool down = false;
  for (const auto& point : points) {
    if (!finite(point)) {
      down = false;
      continue;
    }
    d += fmt::format("{}{} {}", down ? "L" : "M", short_number(x(point.first)), short_number(y(point.second)));
    down = true;
  }
  return d;
}

std::string tick_text(double value, double step) {
  if (std::abs(value) >= 1e6 || (value != 0 && step < 1e-5)) return fmt::format("{:g}", value);
  const int decimals = step >= 1 ? 0 : int(std::ceil(-std::log10(step) - 1e-9));
  return decimals == 0 ? with_commas(std::llround(value)) : fmt::format("{:.{}f}", value == 0 ? 0.0 : value, decimals);
}

struct EndLabel {
  std::string name, value;
  double wanted = 0, y = 0, x = 0;
  size_t color = 0;
};

// Labels keep their order and stay `gap` apart, as near as possible to the ends of their lines.
void spread_labels(std::vector<EndLabel>& labels, double gap, double top, double bottom) {
  std::stable_sort(labels.begin(), labels.end(), [](const EndLabel& a, const EndLabel& b) { return a.wanted < b.wanted; });
  double y = top;
  for (EndLabel& label : labels) {
    label.y = std::max(label.wanted, y);
    y = label.y + gap;
  }
  y = bottom;
  for (size_t i = labels.size(); i-- > 0;) {
    labels[i].y = std::min(labels[i].y, y);
    y = labels[i].y - gap;
  }
}

// Steps and epochs are whole: no ticks between them.
bool whole_steps(const CurvePicture& picture) {
  const auto whole = [](const auto& point) { return point.first == std::floor(point.first); };
  return std::all_of(picture.series.begin(), picture.series.end(),
                     [&](const Series& s) { return std::all_of(s.points.begin(), s.points.end(), whole); });
}

void draw_axes(Svg& svg, const CurvePicture& picture, const Scale& x, const Scale& y) {
  const int most = whole_steps(picture) ? int(std::clamp(x.high - x.low, 1.0, 7.0)) : 7;
  const std::vector<double> xs = nice_ticks(x.low, x.high, most), ys = nice_ticks(y.low, y.high, 5);
  const double x_step = xs.size() > 1 ? xs[1] - xs[0] : 1, y_step = ys.size() > 1 ? ys[1] - ys[0] : 1;
  for (double v : ys) {
    if (v < y.low - 1e-9 * y_step || v > y.high + 1e-9 * y_step) continue;
    svg.line(x.from, y(v), x.to, y(v), kGrid, 1, "class=\"grid\"");
    svg.text(x.from - 10, y(v) + 4, tick_text(v, y_step), {.color = std::string(kSoft), .anchor = "end"});
  }
  svg.line(x.from, y.from, x.to, y.from, kAxis);
  for (double v : xs) {
    if (v < x.low - 1e-9 * x_step || v > x.high + 1e-9 * x_step) continue;
    svg.line(x(v), y.from, x(v), y.from + 5, kAxis);
    svg.text(x(v), y.from + 20, tick_text(v, x_step), {.color = std::string(kSoft), .anchor = "middle"});
  }
  svg.text((x.from + x.to) / 2, y.from + 42, picture.x_label, {.color = std::string(kSoft), .anchor = "middle"});
  if (!picture.y_label.empty()) svg.text(x.from - 10, y.to - 14, picture.y_label, {.color = std::string(kSoft)});
}

void draw_mark(Svg& svg, const std::pair<double, double>& mark, const Scale& x, const Scale& y) {
  const double at = x(mark.first), height = y(mark.second);
  svg.line(at, y.from, at, y.to, kAxis, 1, "stroke-dasharray=\"3 3\"");
  svg.circle(at, height, 6, kInk);
  svg.circle(at, height, 3.4, "#ffffff");
  const bool left = at > (x.from + x.to) / 2, below = height < y.to + 24;
  svg.text(at + (left ? -9 : 9), height + (below ? 20 : -10), fmt::format("best {:.4f}", mark.second),
           {.color = std::string(kInk), .anchor = left ? "end" : "start", .weight = "600"}, "class=\"mark\"");
}

}  // namespace

std::vector<double> nice_ticks(double low, double high, int count) {
  if (!(high > low) || count < 1) return {low};
  const double rough = (high - low) / count, power = std::pow(10, std::floor(std::log10(rough)));
  const double ratio = rough / power, step = power * (ratio < 1.5 ? 1 : ratio < 3.5 ? 2 : ratio < 7.5 ? 5 : 10);
  std::vector<double> out;
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  for (double k = first; k <= last; ++k) out.push_back(k * step);
  return out;
}

std::string curve_svg(const CurvePicture& picture) {
  Range xs, ys;
  for (const Series& series : picture.series) {
    for (const auto& point : series.points) {
      if (!finite(point)) continue;
      xs.include(point.first);
      ys.include(point.second);
    }
  }
  const double width = picture.width, height = picture.height;
  Svg svg(width, height, picture.title.empty() ? picture.subtitle : picture.title);
  if (!picture.title.empty()) {
    svg.text(24, 34, picture.title, {.size = 18, .color = std::string(kInk), .weight = "600"});
    svg.text(24, 54, picture.subtitle, {.size = 12, .color = std::string(kSoft)});
  }
  if (xs.empty()) {
    svg.text(width / 2, height / 2, "nothing was recorded", {.size = 14, .color = std::string(kSoft), .anchor = "middle"});
    return std::move(svg).finish();
  }
  if (picture.from_zero) ys.include(0);
  if (picture.mark) ys.include(picture.mark->second + 0.15 * (ys.high - ys.low));  // room for its words above it
  if (xs.low == xs.high) xs = {xs.low - 1, xs.high + 1};
  if (ys.low == ys.high) ys = {ys.low - std::max(0.5, std::abs(ys.low) / 10), ys.high + std::max(0.5, std::abs(ys.high) / 10)};
  const std::vector<double> ticks = nice_ticks(ys.low, ys.high, 5);
  const bool alone = picture.series.size() == 1;
  const double label_width = !picture.names && !alone                                      ? 24
                             : alone && (!picture.names || picture.series[0].name.empty()) ? 80
                                                                                           : kEndSpace;
  const double top = picture.title.empty() ? kUntitled : kTop + 22;
  const Scale x{xs.low, xs.high, kLeft, width - label_width}, y{ticks.front(), ticks.back(), height - kBottom, top};
  draw_axes(svg, picture, x, y);

  std::vector<EndLabel> labels;
  for (size_t i = 0; i < picture.series.size(); ++i) {
    const Series& series = picture.series[i];
    const bool many = series.points.size() >= kManyPoints;
    if (many) svg.path(path_data(series.points, x, y), line_color(i), 1, "opacity=\"0.22\" class=\"raw\"");
    const Points points = many ? running_mean(series.points) : series.points;
    svg.path(path_data(points, x, y), line_color(i), 2.2, "class=\"series\"");
    const auto last = std::find_if(points.rbegin(), points.rend(), finite);
    if (last == points.rend()) continue;
    if (points.size() <= 40) {
      for (const auto& point : points) {
        if (finite(point)) svg.circle(x(point.first), y(point.second), 3, line_color(i));
      }
    }
    svg.circle(x(last->first), y(last->second), 4, line_color(i));
    if (!picture.names && !alone) continue;
    const double span = y.high - y.low;
    const int decimals = std::clamp(int(std::ceil(2 - std::log10(span))), 0, 6);
    labels.push_back({picture.names ? shortened(series.name, 18) : "", fmt::format("{:.{}f}", last->second, decimals),
                      y(last->second), 0, x(last->first), i});
  }
  spread_labels(labels, 17, y.to, y.from);
  for (const EndLabel& label : labels) {
    const std::string& color = line_color(label.color);
    if (std::abs(label.y - label.wanted) > 2 || x.to - label.x > 2) {
      svg.line(label.x + 5, label.wanted, x.to + 10, label.y, color, 0.8, "opacity=\"0.5\"");
    }
    svg.text(x.to + 14, label.y + 4, label.name + (label.name.empty() ? "" : "  ") + label.value,
             {.size = 12.5, .color = color, .weight = "600"}, "class=\"label\"");
  }
  if (picture.mark && finite(*picture.mark)) draw_mark(svg, *picture.mark, x, y);
  return std::move(svg).finish();
}

}  // namespace espalier
