// sRGB to OKLab and back, and the palette of lines.
#include "espalier/report/color.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace espalier {
namespace {

using Triple = std::array<double, 3>;

Triple linear_rgb(const std::string& color) {
  Triple out;
  for (size_t i = 0; i < 3; ++i) {
    const double v = double(std::strtol(color.substr(1 + 2 * i, 2).c_str(), nullptr, 16)) / 255;
    out[i] = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  }
  return out;
}

Triple to_oklab(const std::string& color) {
  const auto [r, g, b] = linear_rgb(color);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s, 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

std::string from_oklab(const Triple& lab) {
  const double l = std::pow(lab[0] + 0.3963377774 * lab[1] + 0.2158037573 * lab[2], 3);
  const double m = std::pow(lab[0] - 0.1055613458 * lab[1] - 0.0638541728 * lab[2], 3);
  const double s = std::pow(lab[0] - 0.0894841775 * lab[1] - 1.2914855480 * lab[2], 3);
  const Triple rgb{4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
                   -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
                   -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
  std::string out = "#";
  for (double v : rgb) {
    v = std::clamp(v, 0.0, 1.0);
    const double coded = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
    out += fmt::format("{:02x}", int(std::lround(255 * coded)));
  }
  return out;
}

}  // namespace

std::string ramp_color(std::span<const std::string> stops, double share) {
  const double at = std::clamp(share, 0.0, 1.0) * double(stops.size() - 1);
  const size_t below = std::min(size_t(at), stops.size() - 2);
  const Triple a = to_oklab(stops[below]), b = to_oklab(stops[below + 1]);
  Triple mixed;
  for (size_t i = 0; i < 3; ++i) mixed[i] = a[i] + (at - double(below)) * (b[i] - a[i]);
  return from_oklab(mixed);
}

bool is_light(const std::string& color) { return to_oklab(color)[0] > 0.68; }

const std::string& line_color(size_t n) {
  static const std::array<std::string, 8> colors{"#2563eb", "#d9480f", "#0d8a66", "#8b3fd6",
                                                 "#b8860b", "#0891b2", "#c2255c", "#475569"};
  return colors[n % colors.size()];
}

}  // namespace espalier
