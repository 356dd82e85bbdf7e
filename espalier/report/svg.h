// A small writer of SVG: shapes in document order, numbers short, text escaped.
#pragma once

#include <string>
#include <string_view>

namespace espalier {

/// For element content and attributes; invalid UTF-8 and characters that XML forbids become U+FFFD.
std::string escape_xml(std::string_view text);
/// "12", "12.5", "0.25": at most two decimals.
std::string short_number(double value);
/// At most `columns` display columns, the last one an ellipsis where something was cut.
std::string shortened(std::string_view text, int columns);

struct TextStyle {
  double size = 12;
  std::string color = "#1f2933", anchor = "start", weight = "normal";
  double rotate = 0;  // degrees, around the text's own point
};

class Svg {
 public:
  Svg(double width, double height, std::string_view title);
  void rect(double x, double y, double width, double height, std::string_view fill, std::string_view attributes = "",
            std::string_view tooltip = "");
  void line(double x1, double y1, double x2, double y2, std::string_view color, double width = 1,
            std::string_view attributes = "");
  void path(std::string_view d, std::string_view color, double width, std::string_view attributes = "");
  void circle(double x, double y, double radius, std::string_view fill);
  void text(double x, double y, std::string_view content, const TextStyle& style = {}, std::string_view attributes = "");
  std::string finish() &&;

 private:
  std::string out_;
};

}  // namespace espalier
