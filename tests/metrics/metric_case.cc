// Figures of one oracle case; used by the unit test and by the parity program.
#include "tests/support/metric_case.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "espalier/metrics/classify.h"
#include "espalier/metrics/interval.h"
#include "espalier/metrics/metric.h"

namespace espalier::support {
namespace {

using Json = nlohmann::json;

template <class T>
std::vector<T> list(const Json& given, const char* key) {
  return given.at(key).get<std::vector<T>>();
}

std::vector<double> sixty_fourths(const Json& given) {
  std::vector<double> out = list<double>(given, "sixty_fourths");
  for (double& v : out) v /= 64;
  return out;
}

std::vector<Tags> tag_lists(const Json& given, const char* key) {
  std::vector<Tags> out;
  for (const std::string& line : list<std::string>(given, key)) {
    std::istringstream words(line);
    Tags& tags = out.emplace_back();
    for (std::string word; words >> word;) tags.push_back(word);
  }
  return out;
}

void by_name(const MetricInput& input, const Json& want, Figures& out) {
  for (const Metric& metric : metrics()) {
    if (want.contains(metric.name)) out[metric.name] = {metric(input)};
  }
}

void class_figures(const Json& given, MetricInput input, Figures& out) {
  input.truth = list<int64_t>(given, "truth");
  input.predicted = list<int64_t>(given, "predicted");
  by_name(input, given.at("want"), out);
  const Confusion confusion(input.truth, input.predicted, input.classes);
  const ClassReport report(confusion);
  out["macro_precision"] = {report.macro_precision};
  out["weighted_recall"] = {report.weighted_recall};
  out["confusion"] = {confusion.counts.begin(), confusion.counts.end()};
  for (const ClassScores& s : report.classes) {
    out["precision"].push_back(s.precision);
    out["recall"].push_back(s.recall);
    out["class_f1"].push_back(s.f1);
    out["support"].push_back(double(s.support));
  }
  const int64_t n = int64_t(input.truth.size());
  const Interval interval = wilson(std::llround(report.accuracy * double(n)), n);
  out["wilson_low"] = {interval.low};
  out["wilson_high"] = {interval.high};
  out["mcnemar"] = {mcnemar(input.truth, input.predicted, list<int64_t>(given, "second"))};
}

void tag_figures(const Json& given, Figures& out) {
  const std::vector<Tags> truth = tag_lists(given, "truth"), predicted = tag_lists(given, "predicted");
  const TagScheme strict = given.at("scheme") == "iob2" ? TagScheme::strict_iob2 : TagScheme::strict_iobes;
  for (const auto& [name, scheme] : {std::pair{"entity", strict}, std::pair{"lenient", TagScheme::lenient}}) {
    const EntityReport r = entity_report(truth, predicted, scheme);
    double precision = 0, recall = 0, weighted_precision = 0, weighted_recall = 0;
    for (const ClassScores& s : r.by_type) {
      precision += s.precision / double(r.by_type.size());
      recall += s.recall / double(r.by_type.size());
      if (r.support == 0) continue;
      weighted_precision += s.precision * double(s.support) / double(r.support);
      weighted_recall += s.recall * double(s.support) / double(r.support);
    }
    out[name + std::string("_micro")] = {r.precision, r.recall, r.f1};
    out[name + std::string("_macro")] = {precision, recall, r.macro_f1};
    out[name + std::string("_weighted")] = {weighted_precision, weighted_recall, r.weighted_f1};
  }
}

}  // namespace

Figures metric_figures(const Json& given) {
  Figures out;
  MetricInput input;
  input.classes = given.value("classes", int64_t{0});
  const std::string kind = given.at("kind");
  if (kind == "classes") class_figures(given, input, out);
  if (kind == "tags") tag_figures(given, out);
  if (kind == "values") {
    input.true_values = list<double>(given, "truth");
    input.predicted_values = list<double>(given, "predicted");
    by_name(input, given.at("want"), out);
  }
  if (kind == "probabilities") {
    input.truth = list<int64_t>(given, "truth");
    input.probabilities = sixty_fourths(given);
    by_name(input, given.at("want"), out);
  }
  if (kind == "labels") {
    input.true_labels = list<uint8_t>(given, "truth");
    input.predicted_labels = list<uint8_t>(given, "predicted");
    input.probabilities = sixty_fourths(given);
    by_name(input, given.at("want"), out);
  }
  text_figures(given, out);
  return out;
}

double metric_deviation(const Json& given, std::string* worst) {
  const Figures ours = metric_figures(given);
  double largest = 0;
  for (const auto& [name, values] : given.at("want").items()) {
    const std::vector<double> theirs = values.get<std::vector<double>>();
    const auto found = ours.find(name);
    const bool comparable = found != ours.end() && found->second.size() == theirs.size();
    for (size_t i = 0; i < theirs.size(); ++i) {
      const double off = comparable ? std::abs(found->second[i] - theirs[i]) / std::max(1.0, std::abs(theirs[i]))
                                    : std::numeric_limits<double>::infinity();
      if (off <= largest) continue;
      largest = off;
      *worst = name;
    }
  }
  return largest;
}

}  // namespace espalier::support
