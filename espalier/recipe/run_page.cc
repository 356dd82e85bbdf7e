#include "espalier/recipe/run_page.h"

#include <algorithm>
#include <map>

#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/io/rows.h"
#include "espalier/metrics/classify.h"
#include "espalier/recipe/plan.h"
#include "espalier/report/run.h"

namespace espalier {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostPoints = 600;  // of one curve

/// Means over equal runs of points, so that a page stays small however long the run.
Series thinned(Series series) {
  const size_t every = (series.points.size() + kMostPoints - 1) / kMostPoints;
  if (every < 2) return series;
  std::vector<std::pair<double, double>> points;
  for (size_t begin = 0; begin < series.points.size(); begin += every) {
    const size_t end = std::min(begin + every, series.points.size());
    double sum = 0;
    for (size_t i = begin; i < end; ++i) sum += series.points[i].second;
    points.emplace_back(series.points[end - 1].first, sum / double(end - begin));
  }
  series.points = std::move(points);
  return series;
}

void read_events(const RunFolder& folder, RunPage& page) {
  Series loss{"training loss", {}}, rate{"learning rate", {}};
  page.metric.name = page.best;
  std::string ending = "still running, or killed";
  int64_t skipped = 0;
  for (const Json& event : folder.read_events()) {
    const std::string kind = event.value("kind", "");
    const double step = event.value("step", 0.0);
    if (kind == "step") {
      if (event.contains("loss") && event["loss"].is_number()) loss.points.emplace_back(step, event["loss"].get<double>());
      if (event.contains("learning_rate") && event["learning_rate"].is_number())
        rate.points.emplace_back(step, event["learning_rate"].get<double>());
    } else if (kind == "evaluate" && event.value("split", "") == "dev" && event.contains("metrics")) {
      const auto value = event["metrics"].find(page.best);
      if (value != event["metrics"].end() && value->is_number()) page.metric.points.emplace_back(step, value->get<double>());
    } else if (kind == "note") {
      page.notes.push_back(fmt::format("step {}: {}", with_commas(int64_t(step)), event.value("text", "")));
    } else if (kind == "skip") {
      ++skipped;
    } else if (kind == "start" && event.value("from_step", int64_t{0}) > 0) {
      page.notes.push_back(fmt::format("step {}: the run was resumed", with_commas(int64_t(step))));
    } else if (kind == "end") {
      ending = event.value("reason", "");
    }
  }
  if (skipped > 0) page.notes.push_back(fmt::format("{} steps were passed over, their numbers not being finite", skipped));
  if (ending != "done") page.notes.push_back("the run's ending: " + ending);
  page.loss = thinned(std::move(loss));
  page.learning_rate = thinned(std::move(rate));
}

void read_result(const RunFolder& folder, RunPage& page) {
  const Json result = folder.read_result();
  const Json none = Json::object();
  const auto part = [&](const char* key) -> const Json& { return result.contains(key) ? result[key] : none; };
  const auto figure = [](const Json& metrics, const std::string& name) -> std::optional<double> {
    const auto found = metrics.find(name);
    return found != metrics.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
  };
  for (const auto& [name, value] : part("dev").items())
    page.figures.push_back({name, figure(part("dev"), name), figure(part("dev_majority"), name), figure(part("test"), name)});
  std::stable_partition(page.figures.begin(), page.figures.end(), [&](const PageFigure& f) { return f.name == page.best; });

  const int64_t best = result.value("best_step", int64_t{-1});
  for (const auto& point : page.metric.points) {
    if (int64_t(point.first) == best) page.best_at = point;
  }
  const Json& trained = part("trained_parameters");
  const int64_t total = result.value("total_parameters", int64_t{0});
  for (const char* key : {"method", "head", "extra", "total"}) {
    const int64_t count = trained.value(key, int64_t{0});
    if (count > 0) page.parameters.emplace_back(key, with_commas(count));
  }
  if (total > 0) {
    page.parameters.emplace_back(
        "of the model",
        fmt::format("{} ({} trained)", with_commas(total), percent(double(trained.value("total", int64_t{0})) / double(total))));
  }
  page.parameters.emplace_back("adapter", human_bytes(result.value("adapter_bytes", int64_t{0})));
}

void read_classes(const RunFolder& folder, const std::vector<std::string>& labels, RunPage& page) {
  std::map<std::string, int64_t> ids;
  for (const std::string& label : labels) ids.emplace(tsv_cell(label), int64_t(ids.size()));
  const auto rows = open_rows(folder.dev_predictions().string());
  const size_t true_column = rows->column("truth"), predicted_column = rows->column("prediction");
  std::vector<int64_t> truth, predicted;
  for (Row row; rows->next(row);) {
    const auto t = ids.find(row.cells[true_column]), p = ids.find(row.cells[predicted_column]);
    if (t == ids.end() || p == ids.end()) return;  // written by other means
    truth.push_back(t->second);
    predicted.push_back(p->second);
  }
  if (truth.empty()) return;
  const auto size = int64_t(labels.size());
  const ClassReport report = class_report(truth, predicted, size);
  for (size_t i = 0; i < labels.size(); ++i) {
    const ClassScores& scores = report.classes[i];
    page.classes.push_back({labels[i], scores.support, scores.precision, scores.recall, scores.f1});
  }
  ConfusionPicture picture;
  picture.title = "Confusion on dev";
  picture.subtitle = with_commas(int64_t(truth.size())) + " rows; each row of the picture is a true class";
  picture.names = labels;
  picture.counts = Confusion(truth, predicted, size).counts;
  picture.themed = true;
  page.confusion = std::move(picture);
}

PageFacts time_facts(const RunFolder& folder) {
  PageFacts facts;
  if (!fs::exists(folder.timing())) return facts;
  const Json timing = folder.read_timing();
  if (const double seconds = timing.value("seconds", 0.0); seconds > 0) facts.emplace_back("training", human_seconds(seconds));
  if (const double speed = timing.value("examples_per_second", 0.0); speed > 0)
    facts.emplace_back("speed", fmt::format("{:.1f} examples a second", speed));
  if (const int64_t bytes = timing.value("peak_rss_bytes", int64_t{0}); bytes > 0)
    facts.emplace_back("most memory", human_bytes(bytes));
  return facts;
}

PageFacts environment_facts(const fs::path& path) {
  PageFacts facts;
  if (!fs::exists(path)) return facts;
  const nlohmann::ordered_json environment = read_ordered_json(path);
  for (const auto& [key, value] : environment.items()) {
    if (key == "format_version") continue;
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (value.is_array()) {
      std::vector<std::string> items;
      for (const auto& item : value) items.push_back(item.is_string() ? item.get<std::string>() : item.dump());
      text = items.empty() ? "none that matter" : join(items, ", ");
    }
    facts.emplace_back(replace_all(key, "_", " "), text);
  }
  return facts;
}

/// The lines of a plan, whose first word is what they are about.
PageFacts plan_facts(const Plan& plan) {
  PageFacts facts;
  for (const std::string& line : split(plan.text(), '\n')) {
    const size_t end = line.find(' ');
    if (end != std::string::npos) facts.emplace_back(line.substr(0, end), std::string(trim(line.substr(end))));
  }
  facts.emplace_back("id", plan.id());
  return facts;
}

}  // namespace

RunPage read_page(const fs::path& path) {
  const RunFolder folder(path);
  const Plan plan = load_plan(folder.plan());
  const DataOptions& data = plan.recipe.data;
  RunPage page;
  const fs::path whole = fs::absolute(path / "").lexically_normal().parent_path();
  page.name = whole.filename().string();
  if (page.name.starts_with("seed-")) page.name = whole.parent_path().filename().string() + "/" + page.name;
  const std::string task = data.task.empty() ? fs::path(data.train).stem().string() + " (" + data.kind + ")" : data.task;
  page.title = fmt::format("{} on {}", plan.method(), task);
  page.subtitle =
      fmt::format("{}seed {}, {}", plan.needs_model() ? fs::path(plan.recipe.model.from).filename().string() + ", " : "",
                  plan.recipe.seed, page.name);
  page.best = data.best;
  page.plan = plan_facts(plan);
  if (fs::exists(folder.command())) page.command = std::string(trim(read_file(folder.command())));
  read_events(folder, page);
  if (fs::exists(folder.result())) {
    read_result(folder, page);
  } else {
    page.notes.insert(page.notes.begin(), "the run has not finished: there are no figures yet");
  }
  if (data.kind == "classify" && fs::exists(folder.dev_predictions())) read_classes(folder, data.labels, page);
  page.time = time_facts(folder);
  page.environment = environment_facts(path / "environment.json");
  return page;
}

}  // namespace espalier
