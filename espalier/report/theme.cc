#include "espalier/report/theme.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "espalier/base/text.h"
#include "espalier/report/color.h"

namespace espalier {
namespace {

using Ramp = std::array<std::string, 4>;
const Ramp kRight{"#e9f2fb", "#93bfe8", "#2f78bf", "#0a3a73"}, kWrong{"#fdf0e1", "#f9c083", "#e5702a", "#932b0a"};
const Ramp kDarkRight{"#182635", "#1f4c77", "#3f8bd0", "#a9d3fa"}, kDarkWrong{"#2c2018", "#743d17", "#d4702c", "#ffc79a"};
constexpr int kSteps = 16;

struct Named {
  std::string name, light, dark;
};

/// Every colour that the pictures are drawn with, but for cells.
const std::vector<Named>& colors() {
  static const std::vector<Named> all = [] {
    std::vector<Named> named{{"ink", "#1f2933", "#e6e9ee"},  {"soft", "#6b7683", "#98a3b0"}, {"grid", "#e8ebef", "#2a313a"},
                             {"rule", "#d5dae0", "#343d48"}, {"axis", "#9aa5b1", "#5d6875"}, {"empty", "#f5f6f8", "#1c2128"},
                             {"paper", "#ffffff", "#15191e"}};
    const std::array<const char*, 8> dark{"#6ea8fe", "#ff9466", "#4cc9a0", "#c08cff", "#e0b84c", "#4fc3dc", "#ff7aa8", "#a5b1c0"};
    for (size_t i = 0; i < dark.size(); ++i) named.push_back({fmt::format("line{}", i), line_color(i), dark[i]});
    return named;
  }();
  return all;
}

int step_of(double shade) { return int(std::lround(std::clamp(shade, 0.0, 1.0) * (kSteps - 1))); }

std::string cell_variables(const Ramp& right, const Ramp& wrong) {
  std::string out;
  for (int i = 0; i < kSteps; ++i) {
    for (const bool is_right : {true, false}) {
      const std::string color = ramp_color(is_right ? right : wrong, double(i) / (kSteps - 1));
      out +=
          fmt::format("--{0}{1}:{2};--on-{0}{1}:{3};", is_right ? 'r' : 'w', i, color, is_light(color) ? "#1f2933" : "#ffffff");
    }
  }
  return out;
}

}  // namespace

std::string cell_ramp(bool right, double shade) { return ramp_color(right ? kRight : kWrong, shade); }
std::string theme_cell(bool right, double shade) { return fmt::format("var(--{}{})", right ? 'r' : 'w', step_of(shade)); }
std::string theme_on_cell(bool right, double shade) { return fmt::format("var(--on-{}{})", right ? 'r' : 'w', step_of(shade)); }

std::string themed_svg(std::string svg) {
  const size_t paper = svg.find("<rect"), end = svg.find("/>\n", paper);
  if (paper != std::string::npos && end != std::string::npos) svg.erase(paper, end + 3 - paper);
  for (const Named& color : colors())
    svg = replace_all(std::move(svg), "\"" + color.light + "\"", "\"var(--" + color.name + ")\"");
  return svg;
}

std::string theme_css() {
  std::string light, dark;
  for (const Named& color : colors()) {
    light += fmt::format("--{}:{};", color.name, color.light);
    dark += fmt::format("--{}:{};", color.name, color.dark);
  }
  return fmt::format(":root{{{}{}}}\n@media(prefers-color-scheme:dark){{:root{{{}{}}}}}\n", light, cell_variables(kRight, kWrong),
                     dark, cell_variables(kDarkRight, kDarkWrong));
}

}  // namespace espalier
