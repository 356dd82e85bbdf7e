// Numbers that are not finite: who is named, how many steps are passed over, and that a stop leaves a run that goes on.
#include "espalier/train/nonfinite.h"

#include <limits>

#include "tests/support/files.h"
#include "tests/train/tiny.h"

namespace espalier {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Steps whose regression target of one example is infinite, so that its loss is.
class BrokenSource final : public StepSource {
 public:
  explicit BrokenSource(std::vector<int64_t> broken) : broken_(std::move(broken)) {}
  int64_t steps_per_epoch() const override { return 5; }
  void start(int64_t epoch, int64_t skip) override {
    inner_.start(epoch, skip);
    step_ = epoch * 5 + skip;
  }
  bool next(std::vector<Batch>& batches) override {
    if (!inner_.next(batches)) return false;
    if (std::find(broken_.begin(), broken_.end(), ++step_) != broken_.end()) {
      // the gradient of a squared difference is infinite too
      batches[0].values[1][0] = kInfinity;
      at_ = batches[0].examples[1];
    }
    return true;
  }
  std::string rows(const std::vector<int64_t>& examples) const override {
    return examples == std::vector<int64_t>{at_} ? "train.tsv:7" : examples.empty() ? "train.tsv:1,7" : "others";
  }

 private:
  test::TinySource inner_;
  std::vector<int64_t> broken_;
  int64_t step_ = 0, at_ = -1;
};

struct Listener final : Callback {
  void on_step(const StepInfo& info) override { steps.push_back(info.step); }
  void on_skip(const SkipInfo& info) override { skips.push_back(info); }
  std::vector<int64_t> steps;
  std::vector<SkipInfo> skips;
};

struct Training {
  explicit Training(std::vector<int64_t> broken, TrainerOptions options = {}) : model(test::tiny_model(HeadKind::regress)) {
    std::vector<Phase> phases = test::tiny_phase(*model);
    phases[0].objective = objectives().make(test::kind("mse"), "objective");
    phases[0].source = std::make_unique<BrokenSource>(std::move(broken));
    options.epochs = 2;
    trainer = std::make_unique<Trainer>(*model, std::move(phases), options);
    trainer->add(listener);
  }
  NamedTensors values() const {
    NamedTensors tensors;
    for (Parameter* parameter : model->all_parameters()) tensors[parameter->path()] = parameter->leaf().detach().clone();
    return tensors;
  }
  std::unique_ptr<Model> model;
  std::unique_ptr<Trainer> trainer;
  Listener listener;
};

TEST(Nonfinite, ALossStopsTheRunAndNamesStepRowsAndParameter) {
  Training training({3});
  support::expect_error(ErrorKind::numeric, [&] { training.trainer->run(); },
                        {"step 3", "the loss is not finite", "in the rows train.tsv:7", "embed.token.weight", "--on-nonfinite"});
  EXPECT_EQ(training.listener.steps, (std::vector<int64_t>{1, 2}));
}

TEST(Nonfinite, AGradientAloneNamesItsParameterAndTheWholeStep) {
  Training training({});
  // The forward is finite and the way back is not: 0 * infinity behind a wrapped place.
  Site& site = training.model->site_at("encoder.1.ffn");
  const Hook hook = site.wrap(WrapOrder::gate, "test", [](const Tensor& x, Next next, Pass&) {
    const Tensor y = next(x);
    return y + at::sqrt(y.square().sum() * 0);  // the slope of the root at 0 is infinite
  });
  support::expect_error(ErrorKind::numeric, [&] { training.trainer->run(); },
                        {"step 1", "a gradient is not finite, first that of", "in the rows train.tsv:1,7"});
}

TEST(Nonfinite, SkippedStepsChangeNothingAndAreCounted) {
  Training skipping({3, 7}, {.skips = 2, .restore_best = false});
  NamedTensors before;
  const TrainResult result = skipping.trainer->run();
  EXPECT_EQ(result.skipped, 2);
  EXPECT_EQ(result.step, 10);
  ASSERT_EQ(skipping.listener.skips.size(), 2U);
  EXPECT_EQ(skipping.listener.skips[0].step, 3);
  EXPECT_EQ(skipping.listener.skips[1].skipped, 2);
  EXPECT_EQ(skipping.listener.skips[1].rows, "train.tsv:7");
  EXPECT_EQ(skipping.listener.steps, (std::vector<int64_t>{1, 2, 4, 5, 6, 8, 9, 10}));
  for (const auto& [path, tensor] : skipping.values()) EXPECT_TRUE(at::isfinite(tensor).all().item<bool>()) << path;
}

TEST(Nonfinite, AStepThatIsPassedOverLeavesEveryParameter) {
  const support::TemporaryFolder folder;
  Training two({3}, {.skips = 1, .restore_best = false});
  NamedTensors at_two, at_three;
  struct Keep final : Callback {
    Keep(Training& training, NamedTensors& two, NamedTensors& three) : training(training), two(two), three(three) {}
    void on_step(const StepInfo& info) override {
      if (info.step == 2) two = training.values();
    }
    void on_skip(const SkipInfo&) override { three = training.values(); }
    Training& training;
    NamedTensors &two, &three;
  } keep(two, at_two, at_three);
  two.trainer->add(keep);
  two.trainer->run();
  ASSERT_EQ(at_two.size(), at_three.size());
  for (const auto& [path, tensor] : at_two) EXPECT_TRUE(at::equal(tensor, at_three.at(path))) << path;
}

TEST(Nonfinite, OneTooManyStopsAndMoreSkipsGoOnFromThere) {
  const support::TemporaryFolder folder;
  const TrainerOptions options{.skips = 1, .restore_best = false, .checkpoints = folder.path()};
  Training training({3, 7}, options);
  support::expect_error(ErrorKind::numeric, [&] { training.trainer->run(); }, {"step 7", "1 steps were skipped before"});
  EXPECT_EQ(checkpoint_steps(folder.path()).back(), 6);

  TrainerOptions more = options;
  more.skips = 2;
  Training rest({3, 7}, more);
  EXPECT_EQ(rest.trainer->resume().step, 6);
  EXPECT_EQ(rest.trainer->run().skipped, 2) << "the count is in the checkpoint";

  Training whole({3, 7}, {.skips = 2, .restore_best = false});
  whole.trainer->run();
  const NamedTensors expected = whole.values();
  for (const auto& [path, tensor] : rest.values()) EXPECT_TRUE(at::equal(tensor, expected.at(path))) << path;
}

TEST(Nonfinite, ABrokenParameterIsNeverPassedOver) {
  Training training({}, {.skips = 100});
  {
    at::NoGradGuard no_grad;
    training.model->parameter_at("encoder.1.ffn.up.bias").leaf()[0] = kInfinity;
  }
  support::expect_error(ErrorKind::numeric, [&] { training.trainer->run(); },
                        {"step 1", "neither is the parameter encoder.1.ffn.up.bias"});
}

TEST(Nonfinite, TheSettingIsRead) {
  EXPECT_EQ(skips_of("stop", ""), 0);
  EXPECT_EQ(skips_of("skip:12", ""), 12);
  for (const char* wrong : {"", "skip", "skip:", "skip:0", "skip:-1", "go on"}) {
    support::expect_error(ErrorKind::usage, [&] { skips_of(wrong, "here"); }, {"here", "skip:N"});
  }
}

}  // namespace
}  // namespace espalier
