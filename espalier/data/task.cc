#include "espalier/data/task.h"

#include <algorithm>
#include <array>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

constexpr int64_t kUsualLength = 512;
constexpr std::array kKinds{"classify", "multi_label", "regress", "tokens", "similarity", "masked_lm", "causal_lm", "seq2seq"};

bool starts(const std::string& tag, std::string_view letters) {
  return tag.size() > 1 && tag[1] == '-' && letters.find(tag[0]) != std::string_view::npos;
}

/// The entity metric that reads these tags as they are meant; "" when they mark no entities (parts of speech).
std::string entity_metric(const std::vector<std::string>& tags) {
  bool any = false, ends = false;
  for (const std::string& tag : tags) {
    any = any || starts(tag, "BIES");
    ends = ends || starts(tag, "ES");
  }
  return !any ? "" : ends ? "entity_f1_iobes" : "entity_f1";
}

}  // namespace

const char* kind_name(TaskKind kind) { return kKinds[size_t(kind)]; }

bool is_language(TaskKind kind) { return kind == TaskKind::masked_lm || kind == TaskKind::causal_lm; }

TaskKind parse_kind(const std::string& name, const std::string& place) {
  std::string plain = replace_all(lower_ascii(name), "-", "_");
  if (plain == "classification") plain = "classify";
  if (plain == "regression") plain = "regress";
  if (plain == "mlm") plain = "masked_lm";
  if (plain == "clm") plain = "causal_lm";
  const auto at = std::find(kKinds.begin(), kKinds.end(), plain);
  if (at != kKinds.end()) return static_cast<TaskKind>(at - kKinds.begin());
  const std::vector<std::string> known(kKinds.begin(), kKinds.end());
  throw usage_error("the kind of task '{}' is unknown{}; expected one of {}", printable(name), did_you_mean(plain, known),
                    join(known, ", "))
      .at(place);
}

bool Task::conll(const std::string& path) const {
  return rows.format == "conll" || (rows.format == "auto" && format_of(path) == "conll");
}

int64_t Task::id(std::string_view label) const {
  const auto at = std::find(labels.begin(), labels.end(), label);
  return at == labels.end() ? -1 : at - labels.begin();
}

std::vector<std::string> default_metrics(TaskKind kind, const std::vector<std::string>& labels) {
  switch (kind) {
    case TaskKind::classify:
      if (labels.size() == 2) return {"macro_f1", "accuracy", "f1", "auroc"};
      return {"macro_f1", "accuracy", "auroc"};
    case TaskKind::multi_label:
      return {"labels_macro_f1", "labels_micro_f1", "labels_auroc", "subset_accuracy"};
    case TaskKind::regress:
      return {"spearman", "pearson", "mae", "r2"};
    case TaskKind::similarity:
      return {"spearman", "pearson"};
    case TaskKind::tokens: {
      const std::string entities = entity_metric(labels);
      if (entities.empty()) return {"accuracy", "macro_f1"};
      if (entities == "entity_f1") return {"entity_f1", "entity_precision", "entity_recall"};
      return {entities};
    }
    case TaskKind::masked_lm:
    case TaskKind::seq2seq:
      return {"accuracy"};
    case TaskKind::causal_lm:
      return {"perplexity"};
  }
  throw bug_error("a kind of task has no metrics");
}

void sort_labels(std::vector<std::string>& labels) {
  const bool numbers =
      std::all_of(labels.begin(), labels.end(), [](const std::string& l) { return parse_double(l).has_value(); });
  std::sort(labels.begin(), labels.end(), [&](const std::string& a, const std::string& b) {
    if (numbers) {
      const double x = *parse_double(a), y = *parse_double(b);
      if (x != y) return x < y;
    }
    return a < b;
  });
}

int64_t choose_max_length(int64_t asked, int64_t positions, const Tokenizer& tokenizer) {
  if (asked > 0) {
    if (positions > 0 && asked > positions) {
      throw usage_error("the maximum length {} is more than the model's {} positions", asked, positions)
          .hint(fmt::format("at most {}, or long texts in windows", positions));
    }
    return asked;
  }
  int64_t length = kUsualLength;
  if (positions > 0) length = std::min(length, positions);
  if (tokenizer.max_length()) length = std::min(length, *tokenizer.max_length());
  return length;
}

}  // namespace espalier
