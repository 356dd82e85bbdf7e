// A confusion matrix as an SVG picture: each row (true class) sums to one, colour says where its examples went.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace espalier {

struct ConfusionPicture {
  std::string title = "Confusion", subtitle;
  std::vector<std::string> names;  // [C]
  std::vector<int64_t> counts;     // [C, C], true class after true class
  int64_t limit = 60;              // beyond it the rarest classes are drawn as one, "other (n)"
  bool themed = false;             // colours of cells are the variables of report/theme.h
};

/// Classes are ordered by how often they are true. Throws a bug Error when sizes disagree.
std::string confusion_svg(const ConfusionPicture& picture);

}  // namespace espalier
