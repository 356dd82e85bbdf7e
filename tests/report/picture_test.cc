// The pictures are well-formed, hold what they should and escape what they must. How they look is for eyes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "espalier/report/color.h"
#include "espalier/report/confusion.h"
#include "espalier/report/curve.h"
#include "espalier/report/svg.h"
#include "tests/report/xml.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::Element;
using support::parse_xml;
using support::with_class;

TEST(Confusion, HoldsCellsNamesAndFigures) {
  const std::string svg =
      confusion_svg({"Kinds <of> \"things\" & 'more'", "test", {"rare", "common", "a<b>&c"}, {1, 0, 1, 2, 8, 0, 0, 1, 3}});
  const std::vector<Element> all = parse_xml(svg);
  EXPECT_EQ(with_class(all, "cell").size(), 6u) << "one for each count above 0";
  const std::vector<Element> rows = with_class(all, "row-name");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].text, "common") << "the commonest class comes first";
  EXPECT_EQ(rows[1].text, "a&lt;b&gt;&amp;c");
  EXPECT_EQ(rows[2].text, "rare");
  EXPECT_EQ(with_class(all, "accuracy").at(0).text, "75.0 %");
  EXPECT_EQ(with_class(all, "recall").at(0).text, "80 %");
  EXPECT_EQ(with_class(all, "pair").at(0).text, "common → rare");
  EXPECT_NE(svg.find("Kinds &lt;of&gt; &quot;things&quot; &amp; &#39;more&#39;"), std::string::npos);
}

TEST(Confusion, ManyClassesAreMerged) {
  const size_t c = 100;
  ConfusionPicture picture;
  picture.counts.assign(c * c, 0);
  for (size_t k = 0; k < c; ++k) {
    picture.names.push_back("class " + std::to_string(k));
    picture.counts[k * c + k] = int64_t(k + 1);
  }
  const std::vector<Element> all = parse_xml(confusion_svg(picture));
  const std::vector<Element> rows = with_class(all, "row-name");
  ASSERT_EQ(rows.size(), 60u);
  EXPECT_EQ(rows.front().text, "class 99");
  EXPECT_EQ(rows.back().text, "other (41)");
  EXPECT_EQ(with_class(all, "cell").size(), 60u);
  EXPECT_EQ(with_class(all, "accuracy").at(0).text, "100.0 %");
}

TEST(Confusion, DegenerateMatrices) {
  parse_xml(confusion_svg({"one", "", {"only"}, {5}}));
  parse_xml(confusion_svg({"none", "", {"a", "b"}, {0, 0, 0, 0}}));
  parse_xml(confusion_svg({"\x01\xFF", "", {"\xFFz", std::string(500, 'x')}, {1, 2, 3, 4}}));
  support::expect_error(ErrorKind::bug, [] { confusion_svg({"", "", {"a"}, {1, 2}}); }, {"1 names", "2 counts"});
  support::expect_error(ErrorKind::bug, [] { confusion_svg({"", "", {}, {}}); }, {"0 names"});
}

TEST(Confusion, StaysOnThePage) {
  for (size_t c : {1, 2, 7, 60}) {
    ConfusionPicture picture;
    picture.counts.assign(c * c, 3);
    for (size_t k = 0; k < c; ++k) picture.names.push_back(std::string(k % 30, 'w'));
    const std::vector<Element> all = parse_xml(confusion_svg(picture));
    const double width = std::stod(all[0].attributes.at("width")), height = std::stod(all[0].attributes.at("height"));
    for (const Element& e : all) {
      if (e.name != "rect") continue;
      EXPECT_LE(std::stod(e.attributes.at("x")) + std::stod(e.attributes.at("width")), width + 0.01);
      EXPECT_LE(std::stod(e.attributes.at("y")) + std::stod(e.attributes.at("height")), height + 0.01);
    }
  }
}

TEST(Curve, OneLineASeriesNamedAtItsEnd) {
  CurvePicture picture{"Loss", "", "step", "loss", {{"lo<ra>", {{1, 2.0}, {2, 1.0}, {3, 0.5}}}, {"full", {{1, 2.5}, {3, 0.52}}}}};
  const std::vector<Element> all = parse_xml(curve_svg(picture));
  EXPECT_EQ(with_class(all, "series").size(), 2u);
  EXPECT_TRUE(with_class(all, "raw").empty());
  const std::vector<Element> labels = with_class(all, "label");
  ASSERT_EQ(labels.size(), 2u);
  EXPECT_EQ(labels[0].text, "full  0.52") << "from the top down";
  EXPECT_EQ(labels[1].text, "lo&lt;ra&gt;  0.50");
  EXPECT_GE(std::abs(std::stod(labels[0].attributes.at("y")) - std::stod(labels[1].attributes.at("y"))), 16.9)
      << "they do not overlap";
}

TEST(Curve, ManyPointsAreSmoothed) {
  Series series{"loss", {}};
  for (int i = 0; i < 1000; ++i) series.points.emplace_back(i, i % 2 == 0 ? 1.0 : 3.0);
  const std::vector<Element> all = parse_xml(curve_svg({"Loss", "", "step", "", {series}}));
  EXPECT_EQ(with_class(all, "raw").size(), 1u);
  EXPECT_TRUE(with_class(all, "label").at(0).text.starts_with("loss  2.0")) << "the mean of the last points";
}

TEST(Curve, GapsAndDegenerateSeries) {
  const double nan = std::nan("");
  const std::vector<Element> all = parse_xml(curve_svg({"", "", "", "", {{"a", {{1, 1}, {2, nan}, {3, 2}, {4, 2.5}}}}}));
  const std::string d = with_class(all, "series").at(0).attributes.at("d");
  EXPECT_EQ(std::count(d.begin(), d.end(), 'M'), 2) << "a missing value breaks the line";
  parse_xml(curve_svg({"one point", "", "", "", {{"a", {{5, 7}}}}}));
  parse_xml(curve_svg({"constant", "", "", "", {{"a", {{5, 0}, {6, 0}}}}}));
  parse_xml(curve_svg({"huge", "", "", "", {{"a", {{0, 1e-300}, {1, 1e300}}}}}));
  EXPECT_NE(curve_svg({"none", "", "", "", {{"a", {{1, nan}}}}}).find("nothing was recorded"), std::string::npos);
}

TEST(Ticks, AreNice) {
  EXPECT_EQ(nice_ticks(0, 1128, 6), (std::vector<double>{0, 200, 400, 600, 800, 1000, 1200}));
  EXPECT_EQ(nice_ticks(3, 3, 5), std::vector<double>{3});
  const std::vector<double> small = nice_ticks(0.48, 0.561, 5);
  EXPECT_NEAR(small.front(), 0.48, 1e-12);
  EXPECT_NEAR(small.back(), 0.58, 1e-12);
}

TEST(Colors, RampMeetsItsStopsAndDarkens) {
  const std::vector<std::string> stops{"#ffffff", "#2f78bf", "#0a3a73"};
  EXPECT_EQ(ramp_color(stops, 0), "#ffffff");
  EXPECT_EQ(ramp_color(stops, 0.5), "#2f78bf");
  EXPECT_EQ(ramp_color(stops, 1), "#0a3a73");
  EXPECT_EQ(ramp_color(stops, 7), "#0a3a73");
  EXPECT_TRUE(is_light("#ffffff"));
  EXPECT_FALSE(is_light("#0a3a73"));
}

TEST(Svg, ShortensByColumns) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abcde…");
  EXPECT_EQ(shortened("数値数値", 5), "数値…") << "wide characters count two";
  EXPECT_EQ(short_number(-0.001), "0");
  EXPECT_EQ(short_number(12.50), "12.5");
}

}  // namespace
}  // namespace espalier
