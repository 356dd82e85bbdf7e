// Colours of pictures inside a page: CSS variables with a light and a dark set, and the ramps of confusion cells.
#pragma once

#include <string>

namespace espalier {

/// Colour of a confusion cell, `shade` in 0..1, on white paper.
std::string cell_ramp(bool right, double shade);
/// The same as a variable of theme_css(), and that of text upon it.
std::string theme_cell(bool right, double shade);
std::string theme_on_cell(bool right, double shade);

/// A picture whose paper is the page's and whose colours are variables, to stand inside HTML.
std::string themed_svg(std::string svg);
/// The variables: light ones, and dark ones under prefers-color-scheme.
std::string theme_css();

}  // namespace espalier
