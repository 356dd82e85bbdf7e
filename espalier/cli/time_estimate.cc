#include <nlohmann/json.hpp>

#include "espalier/cli/time_estimate.h"

#include <algorithm>

#include "espalier/base/text.h"
#include "espalier/data/dataset.h"
#include "espalier/io/json.h"
#include "espalier/models/load.h"
#include "espalier/nn/kernels/throughput.h"
#include "espalier/recipe/build.h"

namespace espalier {
namespace {

constexpr int64_t kSample = 256;
// Share of a lone product's speed that a training step reaches: attention, norms, casts and thin products take the rest.
constexpr double kEfficiency = 0.65;

double mean_tokens(const Plan& plan, const fs::path& folder) {
  const auto tokenizer = tokenizer_of(plan, folder);
  const Task task = make_task(plan.recipe.data, plan.recipe.data.max_length);
  const auto reader = open_examples(task, plan.recipe.data.train, *tokenizer, {.labels = false});
  double tokens = 0;
  int64_t count = 0;
  for (Example example; count < kSample && reader->next(example); ++count) tokens += double(example.size());
  return count > 0 ? tokens / double(count) : 0;
}

}  // namespace

TimeEstimate estimate_time(const Plan& plan) {
  TimeEstimate estimate;
  if (!plan.needs_model()) return estimate;
  const fs::path folder = find_model(plan.recipe.model.from);
  const auto model = make_model(read_json(folder / "config.json"), folder.string());
  const BackboneFacts& facts = model->facts();
  estimate.tokens = mean_tokens(plan, folder);
  const bool bf16 = plan.facts.precision == "bf16";
  estimate.gflops = kernels::frozen_gflops(bf16 ? Precision::bf16 : Precision::exact, 1024, facts.width, 4 * facts.width);

  const double base = double(plan.facts.total_parameters - (facts.vocabulary + facts.positions) * facts.width);
  const double forward = 2 * base, trained = 2 * double(std::min<int64_t>(plan.facts.trained_parameters(), int64_t(base)));
  const double train_rows =
      plan.method() == "linear_probe" ? double(plan.facts.train_rows) : double(plan.facts.steps) * double(plan.recipe.data.batch);
  // Forward, the gradient of the input, and that of the trained numbers; a probe goes forward once.
  const double per_token = plan.method() == "linear_probe" ? forward : 2 * forward + 2 * trained;
  const double evaluated =
      double(plan.facts.dev_rows) * double(std::max<int64_t>(1, plan.facts.epochs) + 1) + double(plan.facts.test_rows);
  estimate.seconds = estimate.tokens * (train_rows * per_token + evaluated * forward) / (estimate.gflops * 1e9 * kEfficiency);
  return estimate;
}

std::string TimeEstimate::text() const {
  if (gflops == 0) return "seconds";
  return fmt::format("about {} (texts of {:.0f} tokens, {:.0f} GFLOP/s measured)", human_seconds(seconds), tokens, gflops);
}

}  // namespace espalier
