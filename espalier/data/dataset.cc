#include "espalier/data/dataset.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/files.h"
#include "espalier/base/text.h"
#include "espalier/data/named_task.h"

namespace espalier {
namespace {

constexpr size_t kShownClasses = 12;
constexpr std::array kParts{"train", "dev", "test"};

Long parse_long(const std::string& text) {
  return text == "windows" ? Long::windows : text == "head_tail" ? Long::head_tail : Long::cut;
}

/// "negative 29,780 (44.2 %), positive 37,569 (55.8 %)", the largest first.
std::string class_shares(const Task& task, const std::vector<int64_t>& counts) {
  std::vector<size_t> order(counts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return counts[a] > counts[b]; });
  const int64_t all = std::max<int64_t>(1, std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  std::vector<std::string> parts;
  for (const size_t i : order) {
    if (parts.size() == kShownClasses) break;
    parts.push_back(
        fmt::format("{} {} ({})", printable(task.labels[i]), with_commas(counts[i]), percent(double(counts[i]) / double(all))));
  }
  std::string text = join(parts, ", ");
  if (order.size() > kShownClasses) text += fmt::format(" and {} more", order.size() - kShownClasses);
  return text;
}

bool names_a_kind(const std::string& text) {
  try {
    parse_kind(text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// `task = "tokens"` says the kind; `task = "glue/sst2"` names a task.
DataOptions resolve(const DataOptions& given) {
  DataOptions options = given;
  if (options.task.empty()) return options;
  if (!names_a_kind(options.task)) return resolve_named_task(options);
  options.kind = kind_name(parse_kind(options.task));
  options.task.clear();
  return options;
}

void check_paths(const DataOptions& options) {
  if (options.train.empty()) throw usage_error("no training data is named").hint("give --data FILE, or --task glue/sst2");
  for (const std::string* path : {&options.train, &options.dev, &options.test}) {
    if (*path == "-") throw usage_error("training data is read more than once, which standard input cannot be");
  }
  const std::set<std::string> labels(options.labels.begin(), options.labels.end());
  if (labels.size() != options.labels.size()) throw usage_error("data.labels names a class twice");
}

std::string hash_of(const std::string& path) { return fs::is_regular_file(path) ? sha256_file(path) : ""; }

}  // namespace

const char* part_name(Part part) { return kParts[size_t(part)]; }

Task make_task(const DataOptions& options, int64_t max_length) {
  Task task;
  task.name = options.task;
  if (options.kind != "auto") task.kind = parse_kind(options.kind);
  task.text = options.text;
  task.label = options.label;
  task.labels = options.labels;
  task.label_separator = options.label_separator;
  task.group = options.group;
  task.metrics = options.metrics;
  task.best = options.best;
  task.scale = options.scale;
  task.limit = {max_length, parse_long(options.long_texts), options.stride};
  task.rows.format = options.format;
  task.rows.header = options.header;
  task.rows.quote = options.quote;
  if (task.name.empty()) return task;
  task.rows.drop_extra_cells = task.rows.skip_short_rows = true;
  if (options.header) return task;
  for (const auto* names : {&task.text, &task.label}) {
    for (const std::string& name : *names) {
      task.rows.columns = std::max(task.rows.columns, parse_int(name).value_or(0) + 1);
    }
  }
  return task;
}

DataSet::DataSet(const DataOptions& options, const Tokenizer& tokenizer, int64_t max_length, uint64_t seed, Log& log)
    : resolved_(resolve(options)), tokenizer_(tokenizer), seed_(seed) {
  check_paths(resolved_);
  task_ = make_task(resolved_, max_length);
  const bool for_split = resolved_.dev.empty();
  const Survey survey = survey_training(task_, resolved_.kind != "auto", resolved_.train, for_split);

  const std::string& path = resolved_.train;
  log.note(fmt::format("{}: {} {} in {} lines, {}", path, with_commas(survey.rows), task_.conll(path) ? "sentences" : "rows",
                       with_commas(survey.lines), kind_name(task_.kind)));
  if (!survey.counts.empty()) {
    log.note(fmt::format("{} classes: {}", task_.labels.size(), class_shares(task_, survey.counts)));
  } else if (!survey.means.empty()) {
    log.note(fmt::format("numbers from {:g} to {:g}, mean {:.3g}", survey.low, survey.high, survey.means[0]));
  }
  parts_[0] = {path, survey.rows, survey.counts, survey.means.empty() ? 0 : survey.means[0], hash_of(path)};
  if (for_split) split(survey, log);
  for (const Part part : {Part::dev, Part::test}) {
    const std::string& file = part == Part::dev ? resolved_.dev : resolved_.test;
    if (file.empty()) continue;
    const Survey found = survey_labels(task_, file);
    parts_[size_t(part)] = {file, found.rows, found.counts, found.means.empty() ? 0 : found.means[0], hash_of(file)};
    log.note(fmt::format("{}: {} rows in {} lines", file, with_commas(found.rows), with_commas(found.lines)));
  }

  resolved_.kind = kind_name(task_.kind);
  resolved_.text = task_.text;
  resolved_.label = task_.label;
  resolved_.labels = task_.labels;
  resolved_.label_separator = task_.label_separator;
  resolved_.metrics = task_.metrics;
  resolved_.best = task_.best;
  resolved_.scale = task_.scale;
  resolved_.max_length = max_length;
}

void DataSet::split(const Survey& survey, Log& log) {
  auto held = std::make_shared<std::vector<bool>>(hold_out(survey, resolved_.holdout, seed_));
  PartFacts &train = parts_[0], &dev = parts_[1];
  dev = train;
  dev.sha256.clear();
  dev.rows = std::count(held->begin(), held->end(), true);
  train.rows -= dev.rows;
  const bool classes = task_.kind == TaskKind::classify;
  if (classes) {
    std::fill(dev.counts.begin(), dev.counts.end(), 0);
    for (size_t row = 0; row < held->size(); ++row) {
      if (!(*held)[row]) continue;
      ++dev.counts[size_t(survey.strata[row])];
      --train.counts[size_t(survey.strata[row])];
    }
  }
  held_ = std::move(held);
  const bool strata = classes || task_.kind == TaskKind::multi_label;
  log.note(fmt::format("no dev file: {} of {} rows ({}) held out, {}equal texts{} on one side, seed {}", with_commas(dev.rows),
                       with_commas(survey.rows), percent(double(dev.rows) / double(survey.rows)),
                       strata ? "stratified by label, " : "",
                       task_.group.empty() ? "" : fmt::format(" and equal '{}'", printable(task_.group)), seed_));
}

bool DataSet::has(Part part) const { return facts(part).rows > 0; }
const std::string& DataSet::path(Part part) const { return facts(part).path; }
int64_t DataSet::rows(Part part) const { return facts(part).rows; }
const std::vector<int64_t>& DataSet::class_counts(Part part) const { return facts(part).counts; }
double DataSet::mean(Part part) const { return facts(part).mean; }
const std::string& DataSet::sha256(Part part) const { return facts(part).sha256; }

double DataSet::majority(Part part) const {
  const std::vector<int64_t>& counts = facts(part).counts;
  const int64_t all = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  return all == 0 ? 0 : double(*std::max_element(counts.begin(), counts.end())) / double(all);
}

ReadOptions DataSet::part_of(Part part, ReadOptions options) const {
  if (!has(part)) throw usage_error("there is no {} data", part_name(part));
  if (held_ != nullptr && part != Part::test) {
    options.rows = held_;
    options.rows_value = part == Part::dev;
  }
  return options;
}

std::unique_ptr<ExampleReader> DataSet::open(Part part, ReadOptions options) const {
  return open_examples(task_, path(part), tokenizer_, part_of(part, std::move(options)));
}

std::unique_ptr<BatchStream> DataSet::stream() const {
  const StreamOptions options{.batch = resolved_.batch,
                              .tokens = resolved_.tokens,
                              .micro_batch = resolved_.micro_batch,
                              .shuffle_buffer = resolved_.shuffle_buffer,
                              .by_length = resolved_.by_length,
                              .seed = seed_,
                              .workers = resolved_.workers};
  const auto open = [task = task_, path = path(Part::train), &tokenizer = tokenizer_, read = part_of(Part::train, {})] {
    return open_examples(task, path, tokenizer, read);
  };
  return std::make_unique<BatchStream>(open, Collator(task_, tokenizer_, seed_), options);
}

EvalStream DataSet::evaluate(Part part, ReadOptions options) const {
  return EvalStream(open(part, std::move(options)), Collator(task_, tokenizer_, seed_), resolved_.tokens);
}

}  // namespace espalier
