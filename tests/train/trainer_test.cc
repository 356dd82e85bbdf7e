// The loop: a stopped and resumed run equals an uninterrupted one, the best checkpoint is kept, broken numbers stop it.
#include "espalier/train/trainer.h"

#include <signal.h>
#include <sys/resource.h>

#include <cmath>

#include "espalier/train/callbacks/early_stopping.h"
#include "tests/support/files.h"
#include "tests/train/tiny.h"

namespace espalier {
namespace {

NamedTensors values(Model& model) {
  NamedTensors tensors;
  for (Parameter* parameter : model.all_parameters()) tensors[parameter->path()] = parameter->leaf().detach().clone();
  return tensors;
}

void expect_same_bits(const NamedTensors& a, const NamedTensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(at::equal(tensor, b.at(name))) << name;
}

/// Keeps what it is told; stops the run after `last` steps through the flag that a signal would set.
struct Listener final : Callback {
  void on_step(const StepInfo& info) override {
    steps.push_back(info);
    if (info.step == last) stop = true;
  }
  void on_evaluate(const EvaluateInfo& info) override { evaluations.push_back(info); }
  void on_checkpoint(const CheckpointInfo& info) override { checkpoints.push_back(info.step); }
  void on_end(Ending ending) override { ended = ending; }
  int64_t last = -1;
  std::atomic<bool> stop = false;
  std::vector<StepInfo> steps;
  std::vector<EvaluateInfo> evaluations;
  std::vector<int64_t> checkpoints;
  std::optional<Ending> ended;
};

/// Evaluations that give these values, one after the other.
Evaluate scripted(std::vector<double> list) {
  return [list = std::move(list), i = size_t{0}]() mutable {
    const double value = list.at(i++);
    return Evaluation{{{"accuracy", value}}, value};
  };
}

class Resume : public testing::TestWithParam<const char*> {};

TEST_P(Resume, EqualsUninterruptedBitForBit) {
  const support::TemporaryFolder folder;
  const auto run = [&](const fs::path& checkpoints, int64_t stop_after, bool resume, Listener& listener) {
    // Dropout is on: draws are functions of the step, so they too are the same.
    const auto model = test::tiny_model(HeadKind::classify, 0.1);
    Trainer trainer(*model, test::tiny_phase(*model, 1e-2, GetParam()),
                    {.epochs = 3, .restore_best = false, .checkpoints = checkpoints});
    listener.last = stop_after;
    trainer.add(listener);
    if (resume) {
      EXPECT_EQ(trainer.resume().step, 8);
    }
    const TrainResult result = trainer.run(&listener.stop);
    EXPECT_EQ(result.total, 15);
    EXPECT_EQ(int(result.ending), int(stop_after > 0 ? Ending::interrupted : Ending::done));
    return std::pair(values(*model), result);
  };
  Listener whole, first, second;
  const auto [expected, all] = run({}, -1, false, whole);
  run(folder.path(), 8, false, first);
  const auto [found, rest] = run(folder.path(), -1, true, second);
  expect_same_bits(expected, found);
  EXPECT_EQ(all.tokens, rest.tokens);
  EXPECT_EQ(all.examples, 60);
  ASSERT_EQ(first.steps.size() + second.steps.size(), whole.steps.size());
  for (size_t i = 0; i < whole.steps.size(); ++i) {
    const StepInfo& other = i < 8 ? first.steps[i] : second.steps[i - 8];
    EXPECT_EQ(whole.steps[i].loss, other.loss);
    EXPECT_EQ(whole.steps[i].learning_rate, other.learning_rate);
    EXPECT_EQ(whole.steps[i].gradient_norm, other.gradient_norm);
  }
}

INSTANTIATE_TEST_SUITE_P(Optimizers, Resume, testing::Values("adamw", "sgd", "adafactor"),
                         [](const auto& one) { return std::string(one.param); });

TEST(Trainer, LearnsAndReportsTheSchedule) {
  const auto model = test::tiny_model();
  Listener listener;
  std::vector<Phase> phases = test::tiny_phase(*model, 3e-2);
  phases[0].schedule = Schedule({.decay = "linear", .warmup = "2"}, 200, 5);
  Trainer trainer(*model, std::move(phases), {.steps = 200, .restore_best = false});
  trainer.add(listener);
  trainer.run();
  EXPECT_LT(listener.steps.back().loss, 0.3);
  EXPECT_EQ(listener.steps[0].learning_rate, 0);
  EXPECT_DOUBLE_EQ(listener.steps[1].learning_rate, 1.5e-2);
  EXPECT_DOUBLE_EQ(listener.steps[2].learning_rate, 3e-2);
  EXPECT_DOUBLE_EQ(listener.steps[6].epoch, 1.4);
  EXPECT_EQ(int(*listener.ended), int(Ending::done));
}

TEST(Trainer, TheBestCheckpointIsKeptAndRestored) {
  for (const bool stored : {true, false}) {
    const support::TemporaryFolder folder;
    const auto model = test::tiny_model();
    Trainer trainer(*model, test::tiny_phase(*model),
                    {.steps = 15, .evaluate_every = 2, .keep = 2, .checkpoints = stored ? folder.path() : fs::path()});
    std::vector<NamedTensors> seen;
    trainer.evaluate_with([&, script = scripted({0.2, 0.9, 0.5, 0.9, std::nan(""), 0.3, 0.1, 0.2})]() mutable {
      seen.push_back(values(*model));
      return script();
    });
    Listener listener;
    trainer.add(listener);
    const TrainResult result = trainer.run();
    EXPECT_EQ(result.step, 15);
    EXPECT_EQ(result.best_step, 4);
    EXPECT_EQ(result.best_value, 0.9);
    EXPECT_EQ(listener.evaluations.size(), 8u);
    expect_same_bits(values(*model), seen[1]);
    if (stored) {
      EXPECT_EQ(folder.listing(), "step-000004 step-000014 step-000015");
    }
  }
}

TEST(Trainer, SmallerIsBetterWhereTheMetricSaysSo) {
  const auto model = test::tiny_model();
  Trainer trainer(*model, test::tiny_phase(*model), {.epochs = 3, .larger_is_better = false});
  trainer.evaluate_with(scripted({3, 1, 2}));
  EXPECT_EQ(trainer.run().best_step, 10);
}

TEST(Trainer, StopsEarlyAndRemembersItsPatience) {
  const support::TemporaryFolder folder;
  const std::vector<double> script{0.5, 0.4, 0.3, 0.2, 0.1};
  const auto run = [&](std::vector<double> rest, int64_t stop_after, bool resume) {
    const auto model = test::tiny_model();
    Trainer trainer(*model, test::tiny_phase(*model), {.epochs = 5, .checkpoints = folder.path()});
    trainer.evaluate_with(scripted(std::move(rest)));
    EarlyStopping stopping(2);
    Listener listener;
    listener.last = stop_after;
    trainer.add(stopping);
    trainer.add(listener);
    if (resume) trainer.resume();
    return trainer.run(&listener.stop);
  };
  EXPECT_EQ(int(run(script, 12, false).ending), int(Ending::interrupted));  // one evaluation has not improved
  const TrainResult result = run({0.3}, -1, true);
  EXPECT_EQ(int(result.ending), int(Ending::stopped_early));
  EXPECT_EQ(result.step, 15);
  EXPECT_EQ(result.best_step, 5);
}

TEST(Trainer, AFinishedRunResumesToItsResult) {
  const support::TemporaryFolder folder;
  NamedTensors first;
  for (const bool resume : {false, true}) {
    const auto model = test::tiny_model();
    Trainer trainer(*model, test::tiny_phase(*model), {.epochs = 2, .checkpoints = folder.path()});
    trainer.evaluate_with(scripted({0.7, 0.6}));
    if (resume) trainer.resume();
    const TrainResult result = trainer.run();
    EXPECT_EQ(result.best_step, 5);
    if (resume) expect_same_bits(values(*model), first);
    first = values(*model);
  }
}

TEST(Trainer, BrokenNumbersStopItWithStepAndPath) {
  const auto model = test::tiny_model();
  Trainer trainer(*model, test::tiny_phase(*model), {.epochs = 1});
  Parameter& broken = model->parameter_at("encoder.1.ffn.up.bias");
  at::NoGradGuard no_grad;
  broken.leaf()[0] = std::numeric_limits<double>::infinity();
  support::expect_error(ErrorKind::numeric,
                        [&] {
                          at::AutoGradMode grad(true);
                          trainer.run();
                        },
                        {"step 1", "not finite", "encoder.1.ffn.up.bias"});
}

TEST(Trainer, AnExplodingRunStops) {
  const auto model = test::tiny_model(HeadKind::classify, 0, at::kFloat);
  std::vector<Phase> phases = test::tiny_phase(*model, 1e30, "sgd");
  Trainer trainer(*model, std::move(phases), {.epochs = 3, .clip = 0});
  support::expect_error(ErrorKind::numeric, [&] { trainer.run(); }, {"step", "learning rate"});
}

TEST(Trainer, TwoPhasesTakeTurns) {
  const auto model = test::tiny_model();
  std::vector<Phase> phases = test::tiny_phase(*model), other = test::tiny_phase(*model);
  const std::vector<Parameter*> all = phases[0].trained;
  phases[0].trained = {all.begin(), all.end() - 2};
  other[0].trained = {all.end() - 2, all.end()};
  other[0].name = "head";
  other[0].schedule = Schedule();
  phases.push_back(std::move(other[0]));
  const NamedTensors before = values(*model);
  Trainer trainer(*model, std::move(phases), {.steps = 2});
  EXPECT_EQ(Trainer(*model, test::tiny_phase(*model), {.epochs = 2}).total_steps(), 10);
  trainer.run();  // the first phase's rate is still 0 in its warm-up
  const NamedTensors after = values(*model);
  for (const Parameter* parameter : all) {
    const bool head = parameter->path().starts_with("head");
    EXPECT_EQ(at::equal(before.at(parameter->path()), after.at(parameter->path())), !head) << parameter->path();
  }
}

TEST(Checkpoints, AreVerified) {
  const support::TemporaryFolder folder;
  const auto train = [&](TrainerOptions options, bool resume) {
    const auto model = test::tiny_model();
    Trainer trainer(*model, test::tiny_phase(*model), options);
    if (resume) trainer.resume();
    trainer.run();
  };
  const TrainerOptions options{.epochs = 1, .checkpoints = folder.path(), .plan = "a"};
  support::expect_error(ErrorKind::usage, [&] { train(options, true); }, {"no checkpoint"});
  train(options, false);
  TrainerOptions other = options;
  other.plan = "b";
  support::expect_error(ErrorKind::usage, [&] { train(other, true); }, {"another plan"});
  const fs::path file = folder.path() / "step-000005" / "trained.safetensors";
  std::string bytes = read_file(file);
  bytes.back() ^= 1;
  write_file(file, bytes);
  support::expect_error(ErrorKind::data, [&] { train(options, true); }, {"trained.safetensors", "SHA-256"});
}

TEST(Checkpoints, FoldersThatCannotBeMadeAreNamed) {
  const support::TemporaryFolder folder;
  folder.write("checkpoints", "a file in the way");
  const auto model = test::tiny_model();
  Trainer trainer(*model, test::tiny_phase(*model), {.epochs = 1, .checkpoints = folder / "checkpoints"});
  support::expect_error([&] { trainer.run(); }, {"checkpoints"});
}

TEST(Checkpoints, HalfWrittenFoldersAreNotListed) {
  const support::TemporaryFolder folder;
  for (const char* name : {"step-000010", "step-000002", ".tmp-step-000012-99999999", "step-x"})
    fs::create_directories(folder / name);
  EXPECT_EQ(checkpoint_steps(folder.path()), (std::vector<int64_t>{2, 10}));
  prune_checkpoints(folder.path(), 2, 1);
  EXPECT_EQ(folder.listing(), "step-000002 step-000010 step-x");
}

/// Flips the last bit of a file.
void damage(const fs::path& file) {
  std::string bytes = read_file(file);
  bytes.back() ^= 1;
  write_file(file, bytes);
}

TEST(Checkpoints, ADamagedOneIsNamedAndAnOlderOneUsedWhereItWillDo) {
  const support::TemporaryFolder folder;
  const auto train = [&](int64_t stop_after, std::optional<bool> older) {
    const auto model = test::tiny_model(HeadKind::classify, 0.1);
    Trainer trainer(*model, test::tiny_phase(*model),
                    {.epochs = 3, .checkpoint_every = 2, .keep = 3, .restore_best = false, .checkpoints = folder.path()});
    Listener listener;
    listener.last = stop_after;
    trainer.add(listener);
    if (older) {
      const Resumed from = trainer.resume(*older);
      EXPECT_EQ(from.step, 4);
      EXPECT_EQ(from.threads, at::get_num_threads());
      EXPECT_EQ(from.passed_over.size(), 2U);
      EXPECT_EQ(checkpoint_steps(folder.path()).back(), 4);
    }
    trainer.run(&listener.stop);
    return values(*model);
  };
  const NamedTensors whole = train(-1, {});
  for (const auto& entry : fs::directory_iterator(folder.path())) fs::remove_all(entry);
  train(8, {});
  damage(folder / "step-000008/optimizer.safetensors");
  damage(folder / "step-000006/state.json");
  support::expect_error(ErrorKind::data, [&] { train(-1, false); },
                        {"step-000008/optimizer.safetensors", "SHA-256", "--resume auto", "step-000004"});
  expect_same_bits(train(-1, true), whole);
  damage(folder / "step-000014/manifest.json");
  damage(folder / "step-000012/trained.safetensors");
  fs::remove(folder / "step-000015/manifest.json");
  support::expect_error(ErrorKind::data, [&] { train(-1, false); },
                        {"step-000015", "no older checkpoint is whole", "--overwrite"});
}

TEST(Checkpoints, ADamagedBestOneIsFoundBeforeTheWork) {
  const support::TemporaryFolder folder;
  const auto train = [&](bool resume) {
    const auto model = test::tiny_model();
    Trainer trainer(*model, test::tiny_phase(*model), {.epochs = 2, .checkpoints = folder.path()});
    trainer.evaluate_with(scripted({0.7, 0.6}));
    if (resume) {
      trainer.resume();
    } else {
      trainer.run();
    }
  };
  train(false);
  damage(folder / "step-000005/trained.safetensors");
  support::expect_error(ErrorKind::data, [&] { train(true); }, {"step-000005/trained.safetensors"});
}

TEST(Checkpoints, AFullDiskLeavesTheLastOneAndTheRunGoesOnLater) {
  const support::TemporaryFolder folder;
  const auto train = [&](bool resume) {
    const auto model = test::tiny_model(HeadKind::classify, 0.1);
    Trainer trainer(*model, test::tiny_phase(*model), {.epochs = 3, .restore_best = false, .checkpoints = folder.path()});
    struct FullAfterFive : Callback {
      void on_step(const StepInfo& info) override {
        if (info.step != 6) return;
        rlimit limit = before;
        limit.rlim_cur = 2000;
        ::setrlimit(RLIMIT_FSIZE, &limit);
      }
      FullAfterFive() { ::getrlimit(RLIMIT_FSIZE, &before); }
      ~FullAfterFive() override { ::setrlimit(RLIMIT_FSIZE, &before); }
      rlimit before{};
    };
    std::optional<FullAfterFive> full;
    if (!resume) trainer.add(full.emplace());
    if (resume) {
      EXPECT_EQ(trainer.resume().step, 5);
    }
    trainer.run();
    return values(*model);
  };
  const auto old = ::signal(SIGXFSZ, SIG_IGN);
  support::expect_error(ErrorKind::data, [&] { train(false); }, {"trained.safetensors", "File too large"});
  ::signal(SIGXFSZ, old);
  EXPECT_EQ(folder.listing(), "step-000005") << "nothing half-written stays";
  const NamedTensors rest = train(true);
  fs::remove_all(folder / "step-000005");
  const auto model = test::tiny_model(HeadKind::classify, 0.1);
  Trainer whole(*model, test::tiny_phase(*model), {.epochs = 3, .restore_best = false});
  whole.run();
  expect_same_bits(rest, values(*model));
}

TEST(Checkpoints, WhatAKillLeftOfRemovingAnOldOneIsRemovedEvenWhereNoneIsWrittenAgain) {
  const support::TemporaryFolder folder;
  for (const bool resume : {false, true}) {
    const auto model = test::tiny_model();
    Trainer trainer(*model, test::tiny_phase(*model), {.epochs = 1, .restore_best = false, .checkpoints = folder.path()});
    if (resume) trainer.resume();
    trainer.run();
    if (!resume) fs::create_directories(folder / ".tmp-step-000003.old-99999999");
  }
  EXPECT_EQ(folder.listing(), "step-000005");
}

TEST(Checkpoints, TheNewestStaysEvenWhereNoneAreKept) {
  const support::TemporaryFolder folder;
  for (const char* name : {"step-000005", "step-000010", "step-000015"}) fs::create_directories(folder / name);
  prune_checkpoints(folder.path(), 10, 0);
  EXPECT_EQ(folder.listing(), "step-000010 step-000015");
  prune_checkpoints(folder.path(), 15, 0);
  EXPECT_EQ(folder.listing(), "step-000015");
}

TEST(Restore, RefusesWhatDoesNotFit) {
  const auto model = test::tiny_model();
  const std::vector<Parameter*> trained = test::train_all(*model);
  NamedTensors tensors = values(*model);
  std::erase_if(tensors, [](const auto& item) { return item.first.starts_with("pooler"); });
  restore(trained, tensors, "file");
  tensors["head.main.out.bias"] = at::zeros({9});
  tensors.erase("embed.norm.bias");
  tensors["extra"] = at::zeros({1});
  support::expect_error(ErrorKind::data, [&] { restore(trained, tensors, "file"); },
                        {"file does not fit", "embed.norm.bias", "missing", "extra", "head.main.out.bias", "[9]"});
}

}  // namespace
}  // namespace espalier
