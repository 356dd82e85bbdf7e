// A metric that a task cannot be judged by is refused by name, instead of being 0.
#include "espalier/train/metric_fit.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace espalier {
namespace {

TEST(MetricFit, RefusesWhatATaskDoesNotGive) {
  support::expect_error(ErrorKind::usage, [] { require_fitting_metric("mse", TaskKind::classify, "a.toml:3"); },
                        {"a.toml:3", "mse needs real values", "kind classify", "macro_f1", "calibration_error"});
  support::expect_error(ErrorKind::usage, [] { require_fitting_metric("bleu", TaskKind::tokens, ""); },
                        {"bleu needs texts", "entity_f1"});
  support::expect_error(ErrorKind::usage, [] { require_fitting_metric("accuracyy", TaskKind::classify, ""); }, {"unknown"});
}

TEST(MetricFit, TakesTheUsualOnes) {
  for (const TaskKind kind : {TaskKind::classify, TaskKind::multi_label, TaskKind::regress, TaskKind::tokens,
                              TaskKind::similarity, TaskKind::masked_lm}) {
    for (const std::string& name : default_metrics(kind, {"a", "b"})) {
      EXPECT_TRUE(metric_fits(find_metric(name), kind)) << kind_name(kind) << " " << name;
    }
  }
  for (const char* name : {"auroc", "adaptive_calibration_error"})
    EXPECT_TRUE(metric_fits(find_metric(name), TaskKind::classify)) << name;
}

}  // namespace
}  // namespace espalier
