// Writing of SVG elements.
#include "espalier/report/svg.h"

#include <fmt/format.h>

#include "espalier/base/text.h"

namespace espalier {
namespace {

constexpr std::string_view kFonts = "Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif";

std::string spaced(std::string_view attributes) { return attributes.empty() ? "" : " " + std::string(attributes); }

size_t character_bytes(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && (uint8_t(text[end]) & 0xC0) == 0x80) ++end;
  return end - at;
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : repair_utf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (uint8_t(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') {
          out += "\xEF\xBF\xBD";
        } else {
          out += c;
        }
    }
  }
  // U+FFFE and U+FFFF are valid UTF-8 but no XML characters.
  return replace_all(replace_all(std::move(out), "\xEF\xBF\xBE", "\xEF\xBF\xBD"), "\xEF\xBF\xBF", "\xEF\xBF\xBD");
}

std::string short_number(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string shortened(std::string_view raw, int columns) {
  const std::string text = repair_utf8(raw);
  if (display_width(text) <= columns) return text;
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const std::string next = out + text.substr(at, character_bytes(text, at));
    if (display_width(next) > columns - 1) break;
    at += next.size() - out.size();
    out = next;
  }
  return out + "…";
}

Svg::Svg(double width, double height, std::string_view title) {
  out_ = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "font-family=\"{2}\">\n<title>{3}</title>\n",
      short_number(width), short_number(height), kFonts, escape_xml(title));
  rect(0, 0, width, height, "#ffffff");
}

void Svg::rect(double x, double y, double width, double height, std::string_view fill, std::string_view attributes,
               std::string_view tooltip) {
  out_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"{}", short_number(x), short_number(y),
                      short_number(width), short_number(height), fill, spaced(attributes));
  out_ += tooltip.empty() ? "/>\n" : fmt::format("><title>{}</title></rect>\n", escape_xml(tooltip));
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view color, double width, std::string_view attributes) {
  out_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"{}\"{}/>\n", short_number(x1),
                      short_number(y1), short_number(x2), short_number(y2), color, short_number(width), spaced(attributes));
}

void Svg::path(std::string_view d, std::string_view color, double width, std::string_view attributes) {
  out_ += fmt::format(
      "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"{}/>\n",
      d, color, short_number(width), spaced(attributes));
}

void Svg::circle(double x, double y, double radius, std::string_view fill) {
  out_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"/>\n", short_number(x), short_number(y),
                      short_number(radius), fill);
}

void Svg::text(double x, double y, std::string_view content, const TextStyle& style, std::string_view attributes) {
  out_ += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\"", short_number(x), short_number(y),
                      short_number(style.size), style.color);
  if (style.anchor != "start") out_ += fmt::format(" text-anchor=\"{}\"", style.anchor);
  if (style.weight != "normal") out_ += fmt::format(" font-weight=\"{}\"", style.weight);
  if (style.rotate != 0) {
    out_ += fmt::format(" transform=\"rotate({} {} {})\"", short_number(style.rotate), short_number(x), short_number(y));
  }
  out_ += fmt::format("{}>{}</text>\n", spaced(attributes), escape_xml(content));
}

std::string Svg::finish() && {
  out_ += "</svg>\n";
  return std::move(out_);
}

}  // namespace espalier
