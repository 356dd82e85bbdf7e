// Colours of the pictures: ramps that look even (mixed in OKLab, Ottosson 2020) and a set of distinct line colours.
#pragma once

#include <span>
#include <string>

namespace espalier {

/// "#rrggbb" at `share` (0..1) of the way through the stops, which are equally far apart.
std::string ramp_color(std::span<const std::string> stops, double share);
/// True when dark text on this colour is easier to read than white.
bool is_light(const std::string& color);
/// Colour of the n-th line; repeats after eight.
const std::string& line_color(size_t n);

}  // namespace espalier
