#include "espalier/report/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/base/text.h"
#include "espalier/report/page_style.h"
#include "espalier/report/svg.h"
#include "espalier/report/theme.h"

namespace espalier {
namespace {

std::string number(const std::optional<double>& value) { return value ? fmt::format("{:.4f}", *value) : "–"; }
std::string words(const std::string& name) { return replace_all(name, "_", " "); }
std::string card(const std::string& title, const std::string& body, const std::string& kind = "") {
  const std::string head = title.empty() ? "" : "<h3>" + escape_xml(title) + "</h3>";
  return fmt::format("<div class=\"card{}\">{}{}</div>\n", kind.empty() ? "" : " " + kind, head, body);
}

/// Rows of cells; the first column is text and the others are numbers.
class HtmlTable {
 public:
  explicit HtmlTable(const std::vector<std::string>& titles) { row(titles, "th", ""); }
  HtmlTable& row(const std::vector<std::string>& cells, const char* tag = "td", const std::string& kind = "") {
    rows_ += kind.empty() ? "<tr>" : "<tr class=\"" + kind + "\">";
    for (size_t i = 0; i < cells.size(); ++i)
      rows_ += fmt::format("<{0} class=\"{1}\">{2}</{0}>", tag, i == 0 ? "name" : "n", escape_xml(cells[i]));
    rows_ += "</tr>\n";
    return *this;
  }
  std::string html() const { return "<div class=\"scroll\"><table>\n" + rows_ + "</table></div>"; }

 private:
  std::string rows_;
};

std::string facts(const PageFacts& all) {
  std::string out = "<dl>";
  for (const auto& [name, text] : all) out += fmt::format("<dt>{}</dt><dd>{}</dd>", escape_xml(name), escape_xml(text));
  return out + "</dl>";
}

std::string tiles(const RunPage& run) {
  std::string out;
  for (const PageFigure& figure : run.figures) {
    if (!figure.dev) continue;
    std::string line;
    if (figure.majority) line += "<span>majority " + number(figure.majority) + "</span>";
    if (figure.test) line += "<span>test " + number(figure.test) + "</span>";
    out += card("", fmt::format("<span>dev {}</span><b>{}</b>{}", escape_xml(words(figure.name)), number(figure.dev), line),
                figure.name == run.best ? "tile chief" : "tile");
  }
  return "<div class=\"tiles figures\">\n" + out + "</div>\n";
}

std::string figure_table(const RunPage& run) {
  HtmlTable table({"metric", "dev", "dev, majority", "test"});
  for (const PageFigure& figure : run.figures) {
    const bool best = figure.name == run.best;
    table.row({words(figure.name), number(figure.dev), number(figure.majority), number(figure.test)}, "td", best ? "best" : "");
  }
  return table.html();
}

std::string chart(const std::string& title, const std::string& kind, CurvePicture picture) {
  picture.width = 460;
  picture.height = 280;
  picture.names = false;
  if (std::all_of(picture.series.begin(), picture.series.end(), [](const Series& s) { return s.points.empty(); })) return "";
  std::string legend;
  if (picture.series.size() > 1) {
    for (size_t i = 0; i < picture.series.size(); ++i)
      legend += fmt::format("<li><i style=\"background:var(--line{})\"></i>{}</li>", i % 8, escape_xml(picture.series[i].name));
    legend = "<ul class=\"legend\">" + legend + "</ul>";
  }
  picture.subtitle = title;
  return card(title, themed_svg(curve_svg(picture)) + legend, "chart " + kind);
}

std::string charts(const RunPage& run) {
  CurvePicture loss, metric, rate;
  loss.series = {run.loss};
  metric.series = {run.metric};
  metric.mark = run.best_at;
  rate.series = {run.learning_rate};
  loss.from_zero = rate.from_zero = true;
  return chart("training loss", "loss", loss) + chart("dev " + words(run.best), "metric", metric) +
         chart("learning rate", "learning-rate", rate);
}

std::string class_table(const RunPage& run) {
  HtmlTable table({"class", "rows", "precision", "recall", "F1"});
  for (const PageClass& c : run.classes) {
    table.row({c.name, with_commas(c.rows), fmt::format("{:.3f}", c.precision), fmt::format("{:.3f}", c.recall),
               fmt::format("{:.3f}", c.f1)});
  }
  return table.html();
}

std::string run_body(const RunPage& run) {
  std::string out = tiles(run);
  std::string grid = card("figures; the one in bold chooses the checkpoint", figure_table(run), "wide");
  grid += charts(run);
  grid += card("what trained", facts(run.parameters), "parameters");
  grid += card("time and memory", facts(run.time), "time");
  grid += card("environment", facts(run.environment), "environment");
  if (run.confusion)
    grid += card("", "<div class=\"scroll\">" + themed_svg(confusion_svg(*run.confusion)) + "</div>", "matrix wide");
  if (!run.classes.empty()) grid += card("each class, on dev", class_table(run), "classes wide");
  if (!run.notes.empty()) {
    std::string list = "<ul>";
    for (const std::string& note : run.notes) list += "<li>" + escape_xml(note) + "</li>";
    grid += card("notes", list + "</ul>", "notes wide");
  }
  grid += card("plan", facts(run.plan), "plan wide");
  grid += card("command", "<pre>" + escape_xml(run.command) + "</pre>", "command wide");
  return out + "<div class=\"grid\">\n" + grid + "</div>\n";
}

std::string overlay(std::span<const RunPage> runs, const std::string& title, Series RunPage::*series) {
  CurvePicture picture;
  for (const RunPage& run : runs) {
    picture.series.push_back(run.*series);
    picture.series.back().name = run.name;
  }
  return chart(title, "overlay", std::move(picture));
}

std::string comparison_section(std::span<const RunPage> runs, const Table& table) {
  HtmlTable html(table.titles());
  for (const std::vector<std::string>& cells : table.cells()) html.row(cells);
  const bool one_metric = std::all_of(runs.begin(), runs.end(), [&](const RunPage& run) { return run.best == runs[0].best; });
  return "<section id=\"comparison\"><h1>" + std::to_string(runs.size()) + " runs</h1><div class=\"grid\">\n" +
         card("side by side", html.html(), "wide") + overlay(runs, "training loss", &RunPage::loss) +
         (one_metric ? overlay(runs, "dev " + words(runs[0].best), &RunPage::metric) : "") + "</div></section>\n";
}

}  // namespace

std::string report_html(std::span<const RunPage> runs, const std::optional<Table>& comparison) {
  const bool several = runs.size() > 1;
  std::string body;
  if (several && comparison) body += comparison_section(runs, *comparison);
  for (const RunPage& run : runs) {
    const std::string subtitle = "<p class=\"sub\">" + escape_xml(run.subtitle) + "</p>\n";
    body += several ? fmt::format("<details class=\"run\"><summary>{}: {}</summary>\n{}{}</details>\n", escape_xml(run.name),
                                  escape_xml(run.title), subtitle, run_body(run))
                    : fmt::format("<article class=\"run\"><h1>{}</h1>\n{}{}</article>\n", escape_xml(run.title), subtitle,
                                  run_body(run));
  }
  const std::string title = several ? fmt::format("{} runs", runs.size()) : runs[0].title;
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
      "dark\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n{}<footer>Written by espalier from the run "
      "folders; it holds no example text.</footer>\n</main>\n</body>\n</html>\n",
      escape_xml(title), page_css(), body);
}

}  // namespace espalier
