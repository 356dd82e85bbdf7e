// The report page: well-formed, complete, alone, and safe with hostile names.
#include "espalier/report/page.h"

#include <gtest/gtest.h>

#include "espalier/base/text.h"
#include "espalier/report/theme.h"
#include "tests/report/xml.h"

namespace espalier {
namespace {

RunPage page_of(const std::string& name) {
  RunPage page;
  page.name = name;
  page.title = "lora on " + name;
  page.best = "macro_f1";
  page.command = "espalier train --text '<b>'";
  page.figures = {{"macro_f1", 0.51234, 0.02, 0.5}, {"accuracy", 0.69, std::nullopt, std::nullopt}};
  for (int i = 1; i <= 300; ++i) page.loss.points.emplace_back(i, 3.0 / i);
  page.learning_rate.points = {{1, 0.0}, {100, 1e-3}, {300, 0.0}};
  page.metric.points = {{100, 0.4}, {200, 0.51234}, {300, 0.5}};
  page.best_at = {200, 0.51234};
  page.classes = {{"<script>alert(1)</script>", 30, 0.5, 0.4, 0.444}, {"b & c", 10, 0.1, 0.2, 0.133}};
  page.confusion = ConfusionPicture{.title = "Confusion",
                                    .subtitle = "",
                                    .names = {"<script>alert(1)</script>", "b & c"},
                                    .counts = {12, 18, 8, 2},
                                    .limit = 60,
                                    .themed = true};
  page.plan = {{"method", "lora"}};
  page.parameters = {{"total", "123"}};
  page.time = {{"training", "2m"}};
  page.environment = {{"threads", "2"}};
  page.notes = {"step 5: something was noted"};
  return page;
}

/// HTML's void elements closed and its doctype dropped: what is left must be XML.
std::string as_xml(std::string html) {
  html = replace_all(std::move(html), "<!doctype html>\n", "");
  for (const char* tag : {"<meta "}) {
    for (size_t at = html.find(tag); at != std::string::npos; at = html.find(tag, at + 1)) html.insert(html.find('>', at), "/");
  }
  const size_t style = html.find("<style>"), end = html.find("</style>");
  return html.erase(style + 7, end - style - 7);
}

TEST(Page, HasItsPartsAndNeedsNothingElse) {
  const std::string html = report_html(std::vector<RunPage>{page_of("runs/a")}, std::nullopt);
  const std::vector<support::Element> all = support::parse_xml(as_xml(html));
  for (const char* part : {"card chart loss", "card chart metric", "card chart learning-rate", "card classes wide",
                           "card matrix wide", "card plan wide", "card time", "card environment", "card command wide",
                           "card notes wide", "card parameters", "card tile chief", "mark"}) {
    EXPECT_EQ(support::with_class(all, part).size(), 1u) << part;
  }
  for (const char* word :
       {"0.5123", "majority 0.0200", "test 0.5000", "best 0.5123", "espalier train --text &#39;&lt;b&gt;&#39;"})
    EXPECT_NE(html.find(word), std::string::npos) << word;
  for (const char* outside : {"<script", "<link", "<img", "src=", "url(", "@import", "onload"})
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  for (size_t at = html.find("http"); at != std::string::npos; at = html.find("http", at + 1))
    EXPECT_EQ(html.compare(at, 26, "http://www.w3.org/2000/svg"), 0) << html.substr(at, 40);
}

TEST(Page, EveryColourIsAVariableThatBothThemesHave) {
  const std::string html = report_html(std::vector<RunPage>{page_of("a")}, std::nullopt);
  const size_t body = html.find("<body>"), dark = html.find("prefers-color-scheme:dark");
  EXPECT_EQ(html.find("=\"#", body), std::string::npos) << html.substr(html.find("=\"#", body), 60);
  int found = 0;
  for (size_t at = html.find("var(--", body); at != std::string::npos; at = html.find("var(--", at + 1), ++found) {
    const std::string name = html.substr(at + 4, html.find(')', at) - at - 4);
    EXPECT_LT(html.find(name + ":"), dark) << name;
    EXPECT_NE(html.find(name + ":", dark), std::string::npos) << name;
  }
  EXPECT_GT(found, 50);
}

TEST(Page, SeveralRunsBeginWithTheirComparison) {
  Table table({"method", ">dev.macro f1"});
  table.row({"lora", "0.5123"}).rule().row({"probe", "0.4000"});
  const std::string html = report_html(std::vector<RunPage>{page_of("a"), page_of("b")}, table);
  const std::vector<support::Element> all = support::parse_xml(as_xml(html));
  EXPECT_EQ(support::with_class(all, "card chart overlay").size(), 2u) << "loss and metric";
  EXPECT_EQ(support::with_class(all, "run").size(), 2u);
  EXPECT_LT(html.find("id=\"comparison\""), html.find("<details"));
  EXPECT_NE(html.find(">0.4000<"), std::string::npos);
}

}  // namespace
}  // namespace espalier
