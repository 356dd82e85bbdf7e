// Layout of the confusion picture: matrix, a bar of right and wrong answers for each class, figures, legend, worst pairs.
#include "espalier/report/confusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/report/color.h"
#include "espalier/report/svg.h"
#include "espalier/report/theme.h"

namespace espalier {
namespace {

const std::string kInk = "#1f2933", kSoft = "#6b7683", kEmpty = "#f5f6f8";
constexpr double kEdge = 28, kHead = 74, kPanel = 250, kBars = 150, kNameSize = 11.5;
constexpr int kNameColumns = 20;
constexpr size_t kPairs = 10;

struct Matrix {
  std::vector<std::string> names;
  std::vector<int64_t> counts, support;
  int64_t size() const { return int64_t(names.size()); }
  int64_t at(int64_t t, int64_t p) const { return counts[size_t(t * size() + p)]; }
  double share(int64_t t, int64_t p) const { return support[size_t(t)] == 0 ? 0 : double(at(t, p)) / double(support[size_t(t)]); }
  int64_t total() const { return std::accumulate(support.begin(), support.end(), int64_t{0}); }
  int64_t right() const {
    int64_t sum = 0;
    for (int64_t k = 0; k < size(); ++k) sum += at(k, k);
    return sum;
  }
};

Matrix ordered(const ConfusionPicture& picture) {
  const size_t c = picture.names.size();
  if (c == 0 || picture.counts.size() != c * c) {
    throw bug_error("a confusion picture of {} names and {} counts; expected names squared", c, picture.counts.size());
  }
  std::vector<int64_t> support(c);
  for (size_t i = 0; i < c * c; ++i) support[i / c] += picture.counts[i];
  std::vector<size_t> order(c);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return support[a] > support[b]; });

  const size_t limit = size_t(std::max<int64_t>(picture.limit, 2)), kept = c > limit ? limit - 1 : c, size = std::min(c, limit);
  std::vector<size_t> place(c);
  for (size_t i = 0; i < c; ++i) place[order[i]] = std::min(i, size - 1);
  Matrix m;
  m.counts.assign(size * size, 0);
  m.support.assign(size, 0);
  for (size_t i = 0; i < c * c; ++i) {
    m.counts[place[i / c] * size + place[i % c]] += picture.counts[i];
    m.support[place[i / c]] += picture.counts[i];
  }
  for (size_t i = 0; i < kept; ++i) m.names.push_back(picture.names[order[i]]);
  if (c > limit) m.names.push_back(fmt::format("other ({})", c - kept));
  return m;
}

// Square root: a mistake of 4 % must be seen beside a class that is 90 % right.
double shade(double share) { return std::sqrt(share); }

struct Colors {
  bool themed = false;
  std::string cell(bool right, double share) const {
    return themed ? theme_cell(right, shade(share)) : cell_ramp(right, shade(share));
  }
  std::string on_cell(bool right, double share) const {
    return themed ? theme_on_cell(right, shade(share)) : is_light(cell(right, share)) ? kInk : "#ffffff";
  }
};

struct Layout {
  Layout(const Matrix& m, size_t pairs) {
    cell = std::clamp(std::floor(900.0 / double(m.size())), 15.0, m.size() <= 4 ? 110.0 : 64.0);
    int64_t widest = 4;
    for (const std::string& name : m.names) widest = std::max(widest, display_width(shortened(name, kNameColumns)));
    const double names = double(widest) * kNameSize * 0.56 + 10;
    left = std::max(kEdge + 18 + names, 150.0);
    top = kHead + 22 + names * 0.87;  // the names above lean by 60 degrees
    side = cell * double(m.size());
    bars = left + side + 14;
    panel = bars + kBars + 56;
    width = panel + kPanel + kEdge;
    height = top + std::max(side, 250 + 22.0 * double(pairs)) + kEdge + 10;
  }
  double cell, left, top, side, bars, panel, width, height;
};

void draw_matrix(Svg& svg, const Matrix& m, const Layout& l, const Colors& colors) {
  svg.rect(l.left, l.top, l.side, l.side, kEmpty);
  const double font = std::clamp(l.cell * 0.42, 7.0, l.cell > 80 ? 22.0 : 14.0);
  for (int64_t t = 0; t < m.size(); ++t) {
    const double y = l.top + l.cell * double(t);
    svg.text(l.left - 8, y + l.cell / 2 + kNameSize * 0.35, shortened(m.names[size_t(t)], kNameColumns),
             {.size = kNameSize, .color = kInk, .anchor = "end"}, "class=\"row-name\"");
    svg.text(l.left + l.cell * (double(t) + 0.5) + 3, l.top - 8, shortened(m.names[size_t(t)], kNameColumns),
             {.size = kNameSize, .color = kInk, .rotate = -60}, "class=\"column-name\"");
    for (int64_t p = 0; p < m.size(); ++p) {
      const int64_t count = m.at(t, p);
      if (count == 0) continue;
      const double x = l.left + l.cell * double(p), share = m.share(t, p);
      const std::string color = colors.cell(t == p, share), digits = std::to_string(count);
      svg.rect(x + 0.5, y + 0.5, l.cell - 1, l.cell - 1, color, "class=\"cell\"",
               fmt::format("{} read as {}: {} of {} ({})", m.names[size_t(t)], m.names[size_t(p)], count, m.support[size_t(t)],
                           percent(share)));
      const bool legible = double(digits.size()) * font * 0.6 <= l.cell - 2 && (t == p || share >= 0.04 || m.size() <= 20);
      if (!legible) continue;
      svg.text(x + l.cell / 2, y + l.cell / 2 + font * 0.36, digits,
               {.size = font, .color = colors.on_cell(t == p, share), .anchor = "middle"}, "pointer-events=\"none\"");
    }
  }
  for (int64_t k = 5; k < m.size(); k += 5) {  // a thread for the eye
    const double at = l.cell * double(k);
    svg.line(l.left, l.top + at, l.left + l.side, l.top + at, "#d5dae0", 0.6);
    svg.line(l.left + at, l.top, l.left + at, l.top + l.side, "#d5dae0", 0.6);
  }
  svg.text(l.left - 8, l.top - 10, "true ↓   predicted →", {.size = 11, .color = kSoft, .anchor = "end"});
}

void draw_bars(Svg& svg, const Matrix& m, const Layout& l, const Colors& colors) {
  const double most = double(std::max<int64_t>(1, *std::max_element(m.support.begin(), m.support.end())));
  svg.text(l.bars, l.top - 10, "right and wrong, recall", {.size = 11, .color = kSoft});
  const double thick = std::clamp(l.cell * 0.3, std::min(l.cell - 4, 16.0), 28.0);
  for (int64_t t = 0; t < m.size(); ++t) {
    const int64_t support = m.support[size_t(t)];
    const double y = l.top + l.cell * (double(t) + 0.5), whole = kBars * double(support) / most, good = whole * m.share(t, t);
    svg.rect(l.bars, y - thick / 2, good, thick, colors.cell(true, 4.0 / 9));
    svg.rect(l.bars + good, y - thick / 2, whole - good, thick, colors.cell(false, 1.0 / 9));
    const std::string recall = support == 0 ? "–" : fmt::format("{:.0f} %", 100 * m.share(t, t));
    svg.text(l.bars + whole + 6, y + 3.6, recall, {.size = 10.5, .color = kSoft}, "class=\"recall\"");
  }
}

double draw_legend(Svg& svg, double x, double y, const Colors& colors) {
  svg.text(x, y, "share of the true class", {.size = 12, .color = kInk, .weight = "600"});
  constexpr int kSteps = 64;
  constexpr double kTallness = 13, kLength = kPanel - 50;
  for (const bool right : {true, false}) {
    const double at = y + (right ? 12 : 12 + kTallness + 4);
    for (int i = 0; i < kSteps; ++i) {
      const double share = std::pow((i + 0.5) / kSteps, 2);
      svg.rect(x + kLength * i / kSteps, at, kLength / kSteps + (i + 1 < kSteps ? 1 : 0), kTallness, colors.cell(right, share));
    }
    svg.text(x + kLength + 8, at + kTallness - 3, right ? "right" : "wrong", {.size = 11, .color = kSoft});
  }
  const double under = y + 12 + 2 * kTallness + 4;
  for (const double share : {0.01, 0.1, 0.25, 0.5, 1.0}) {
    const double at = x + kLength * shade(share);
    svg.line(at, under, at, under + 4, kSoft, 0.8);
    svg.text(at, under + 16, fmt::format("{:.0f} %", share * 100), {.size = 10, .color = kSoft, .anchor = "middle"});
  }
  return under + 16;
}

struct Pair {
  int64_t truth, predicted, count;
};

std::vector<Pair> worst_pairs(const Matrix& m) {
  std::vector<Pair> pairs;
  for (int64_t t = 0; t < m.size(); ++t) {
    for (int64_t p = 0; p < m.size(); ++p) {
      if (t != p && m.at(t, p) > 0) pairs.push_back({t, p, m.at(t, p)});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.count > b.count; });
  if (pairs.size() > kPairs) pairs.resize(kPairs);
  return pairs;
}

void draw_pairs(Svg& svg, const Matrix& m, const std::vector<Pair>& pairs, double x, double y, const Colors& colors) {
  if (pairs.empty()) return;
  svg.text(x, y, "most confused, true → predicted", {.size = 12, .color = kInk, .weight = "600"});
  for (size_t i = 0; i < pairs.size(); ++i) {
    const Pair& pair = pairs[i];
    const double share = m.share(pair.truth, pair.predicted), at = y + 24 + 22 * double(i);
    svg.rect(x, at - 10, 12, 12, colors.cell(false, share), "rx=\"2\"");
    svg.text(x + 20, at,
             fmt::format("{} → {}", shortened(m.names[size_t(pair.truth)], 13), shortened(m.names[size_t(pair.predicted)], 13)),
             {.size = 12, .color = kInk}, "class=\"pair\"");
    svg.text(x + kPanel, at, fmt::format("{}  ({:.0f} %)", pair.count, share * 100),
             {.size = 11, .color = kSoft, .anchor = "end"});
  }
}

}  // namespace

std::string confusion_svg(const ConfusionPicture& picture) {
  const Matrix m = ordered(picture);
  const std::vector<Pair> pairs = worst_pairs(m);
  const Layout l(m, pairs.size());
  Svg svg(l.width, l.height, picture.title);
  svg.text(kEdge, 38, picture.title, {.size = 20, .color = kInk, .weight = "600"});
  svg.text(kEdge, 60, picture.subtitle, {.size = 12.5, .color = kSoft});
  const Colors colors{picture.themed};
  draw_matrix(svg, m, l, colors);
  draw_bars(svg, m, l, colors);

  const double total = double(std::max<int64_t>(1, m.total()));
  const double most = double(*std::max_element(m.support.begin(), m.support.end()));
  svg.text(l.panel, l.top + 34, fmt::format("{:.1f} %", 100 * double(m.right()) / total),
           {.size = 44, .color = colors.cell(true, 1), .weight = "700"}, "class=\"accuracy\"");
  svg.text(l.panel, l.top + 58, fmt::format("right: {} of {} examples", with_commas(m.right()), with_commas(m.total())),
           {.size = 12.5, .color = kInk});
  svg.text(l.panel, l.top + 77, fmt::format("always the commonest class: {:.1f} %", 100 * most / total),
           {.size = 12.5, .color = kSoft});
  const double below = draw_legend(svg, l.panel, l.top + 120, colors);
  draw_pairs(svg, m, pairs, l.panel, below + 44, colors);
  return std::move(svg).finish();
}

}  // namespace espalier
