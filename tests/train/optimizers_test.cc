// Optimizers against torch and transformers over 50 steps in double; schedules against transformers; groups and state.
#include "espalier/io/json.h"
#include "espalier/train/precision.h"
#include "espalier/train/tensor_file.h"
#include "tests/support/files.h"
#include "tests/train/tiny.h"

namespace espalier {
namespace {

const fs::path kFolder = fs::path(ESPALIER_TESTS_DIR) / "oracle" / "optimizers";

/// The reference's options in our words; nullopt for what is not ours (torch's own Adafactor).
std::optional<Value> options_of(const nlohmann::json& about) {
  const std::string reference = about.at("reference");
  Value options;
  options.set("learning_rate", about.at("lr").is_null() ? 1.0 : about.at("lr").get<double>());
  options.set("weight_decay", about.at("weight_decay").get<double>());
  options.set("decay_bias_and_norm", true);
  if (reference.ends_with("AdamW")) {
    options.set("kind", "adamw");
    options.set("beta1", about.at("betas")[0].get<double>());
    options.set("beta2", about.at("betas")[1].get<double>());
    options.set("epsilon", about.at("eps").get<double>());
  } else if (reference.ends_with("SGD")) {
    options.set("kind", "sgd");
    options.set("momentum", about.at("momentum").get<double>());
    options.set("damping", about.at("dampening").get<double>());
    options.set("nesterov", about.at("nesterov").get<bool>());
  } else if (reference.starts_with("transformers")) {
    options.set("kind", "adafactor");
    options.set("epsilon", about.at("eps")[0].get<double>());
    options.set("scale_floor", about.at("eps")[1].get<double>());
    options.set("clip_threshold", about.at("clip_threshold").get<double>());
    options.set("decay_rate", about.at("decay_rate").get<double>());
    if (!about.at("beta1").is_null()) options.set("beta1", about.at("beta1").get<double>());
    for (const char* flag : {"scale_parameter", "relative_step", "warmup_init"}) options.set(flag, about.at(flag).get<bool>());
  } else {
    return std::nullopt;
  }
  return options;
}

struct Parameters {
  explicit Parameters(const NamedTensors& tensors) {
    for (const char* name : {"matrix", "vector", "cube", "single"}) {
      const Tensor initial = tensors.at(std::string("initial.") + name);
      all.push_back(std::make_unique<Parameter>(root, name, initial.sizes().vec()));
      all.back()->set(initial.clone());
      trained.push_back(all.back().get());
    }
  }
  Module root{""};
  std::vector<std::unique_ptr<Parameter>> all;
  std::vector<Parameter*> trained;
};

void step(Optimizer& optimizer, const Parameters& p, const NamedTensors& tensors, int64_t number, double rate) {
  for (Parameter* parameter : p.trained) {
    parameter->leaf().mutable_grad() = tensors.at("gradient." + parameter->path())[number - 1].clone();
  }
  optimizer.step(rate);
}

TEST(Optimizers, EqualTheReferences) {
  const NamedTensors tensors = read_tensors(kFolder / "optimizers.safetensors");
  const nlohmann::json about = read_json(kFolder / "optimizers.json");
  int compared = 0;
  for (const auto& [name, options] : about.at("cases").items()) {
    const auto ours = options_of(options);
    if (!ours) continue;
    const auto optimizer = optimizers().make(*ours, "optimizer");
    Parameters p(tensors);
    optimizer->bind(p.trained);
    for (int64_t number = 1; number <= about.at("steps"); ++number) {
      step(*optimizer, p, tensors, number, optimizer->learning_rate());
      for (Parameter* parameter : p.trained) {
        const auto expected = tensors.find(fmt::format("{}.step{}.{}", name, number, parameter->path()));
        if (expected == tensors.end()) continue;
        // 50 steps of double arithmetic in another order of operations.
        EXPECT_LT((parameter->leaf() - expected->second).abs().max().item<double>(), 1e-9) << expected->first;
        ++compared;
      }
    }
  }
  EXPECT_GE(compared, 16 * 4 * 4);
}

TEST(Optimizers, LeavesOfAnyLayoutAreUpdatedAlike) {
  const NamedTensors tensors = read_tensors(kFolder / "optimizers.safetensors");
  Parameters flat(tensors), turned(tensors);
  turned.trained[0]->set(turned.trained[0]->leaf().t().contiguous().t());
  ASSERT_FALSE(turned.trained[0]->leaf().is_contiguous());
  Value options = test::kind("adamw");
  options.set("weight_decay", 0.1);
  const auto a = optimizers().make(options, "optimizer"), b = optimizers().make(options, "optimizer");
  a->bind(flat.trained);
  b->bind(turned.trained);
  for (int64_t number = 1; number <= 50; ++number) {
    step(*a, flat, tensors, number, 1e-2);
    step(*b, turned, tensors, number, 1e-2);
  }
  EXPECT_LT((flat.trained[0]->leaf() - turned.trained[0]->leaf()).abs().max().item<double>(), 1e-12);
}

TEST(Optimizers, StateGoesOnBitForBit) {
  const NamedTensors tensors = read_tensors(kFolder / "optimizers.safetensors");
  for (const char* name : {"adamw", "sgd", "adafactor"}) {
    Parameters whole(tensors), parts(tensors);
    const auto a = optimizers().make(test::kind(name), "optimizer");
    auto b = optimizers().make(test::kind(name), "optimizer");
    a->bind(whole.trained);
    b->bind(parts.trained);
    for (int64_t number = 1; number <= 20; ++number) {
      step(*a, whole, tensors, number, 1e-2);
      step(*b, parts, tensors, number, 1e-2);
      if (number != 9) continue;
      const support::TemporaryFolder folder;
      write_tensors(folder / "o.safetensors", b->state());
      b = optimizers().make(test::kind(name), "optimizer");
      b->bind(parts.trained);
      b->load_state(read_tensors(folder / "o.safetensors"));
    }
    for (size_t i = 0; i < whole.trained.size(); ++i) {
      EXPECT_TRUE(at::equal(whole.trained[i]->leaf(), parts.trained[i]->leaf())) << name;
    }
  }
}

TEST(Optimizers, StateOfOtherParametersIsRefusedWhole) {
  const NamedTensors tensors = read_tensors(kFolder / "optimizers.safetensors");
  Parameters p(tensors);
  const auto optimizer = optimizers().make(test::kind("adamw"), "optimizer");
  optimizer->bind(p.trained);
  NamedTensors state = optimizer->state();
  state.erase("cube.exp_avg");
  state["matrix.exp_avg"] = at::zeros({2}, at::kDouble);
  state["other.exp_avg"] = at::zeros({2}, at::kDouble);
  support::expect_error(ErrorKind::data, [&] { optimizer->load_state(state); },
                        {"cube.exp_avg", "missing", "matrix.exp_avg", "expected", "other.exp_avg"});
}

TEST(Optimizers, DecayAndRatesByPath) {
  Module root{""};
  Module norm{root, "norm"};
  Parameter weight(root, "weight", {1}), bias(root, "bias", {1}), scale(norm, "weight", {1}), still(root, "still", {1});
  const std::vector<Parameter*> trained{&weight, &bias, &scale, &still};
  for (Parameter* p : trained) {
    p->set(at::ones({1}, at::kDouble));
    p->leaf().mutable_grad() = at::zeros({1}, at::kDouble);
  }
  still.leaf().mutable_grad().reset();
  Value options = test::kind("adamw");
  options.set("weight_decay", 0.5);
  options.set("rates", Value(Value::Object{{"weight", Value(0.1)}}));
  const auto optimizer = optimizers().make(options, "optimizer");
  optimizer->bind(trained);
  optimizer->step(0.1);
  EXPECT_DOUBLE_EQ(weight.leaf().item<double>(), 1 - 0.1 * 0.1 * 0.5);
  EXPECT_EQ(bias.leaf().item<double>(), 1);
  EXPECT_EQ(scale.leaf().item<double>(), 1);
  EXPECT_EQ(still.leaf().item<double>(), 1);

  options.set("rates", Value(Value::Object{{"wieght", Value(0.1)}}));
  support::expect_error(ErrorKind::usage, [&] { optimizers().make(options, "optimizer")->bind(trained); },
                        {"wieght", "matches no trained parameter", "did you mean"});
}

TEST(Optimizers, NesterovNeedsMomentum) {
  Value options = test::kind("sgd");
  options.set("nesterov", true);
  options.set("momentum", 0.0);
  support::expect_error(ErrorKind::usage, [&] { optimizers().make(options, "optimizer"); }, {"nesterov"});
}

TEST(Schedules, EqualTransformers) {
  const NamedTensors tensors = read_tensors(kFolder / "schedules.safetensors");
  const nlohmann::json about = read_json(kFolder / "schedules.json");
  const double peak = about.at("learning_rate");
  for (const auto& [name, options] : about.at("cases").items()) {
    const std::string reference = options.at("reference");
    ScheduleOptions ours{.decay = "constant", .warmup = "0"};
    for (const char* decay : {"linear", "cosine", "polynomial"}) {
      if (reference.find(std::string("get_") + decay) != std::string::npos) ours.decay = decay;
    }
    ours.warmup = std::to_string(options.value("num_warmup_steps", 0));
    ours.cycles = options.value("num_cycles", 0.5);
    ours.power = options.value("power", 1.0);
    ours.end = options.value("lr_end", 0.0) / peak;
    const int64_t total = options.value("num_training_steps", 40);
    const Schedule schedule(ours, total, 10);
    for (int64_t i = 0; i < tensors.at(name).numel(); ++i) {
      EXPECT_NEAR(peak * schedule(i), tensors.at(name)[i].item<double>(), 1e-15) << name << " step " << i;
    }
  }
}

TEST(Schedules, WarmupInStepsEpochsAndPercent) {
  EXPECT_EQ(warmup_steps("100", 1000, 50), 100);
  EXPECT_EQ(warmup_steps("100 steps", 1000, 50), 100);
  EXPECT_EQ(warmup_steps("0.5e", 1000, 50), 25);
  EXPECT_EQ(warmup_steps("1 epoch", 1000, 50), 50);
  EXPECT_EQ(warmup_steps("0.05 epochs", 1000, 50), 3);
  EXPECT_EQ(warmup_steps("6%", 50, 50), 3);
  EXPECT_EQ(warmup_steps("6 %", 51, 50), 4);
  for (const char* wrong : {"", "six", "1.5", "-1", "101%", "3 days", "6%%", "."}) {
    support::expect_error(ErrorKind::usage, [&] { warmup_steps(wrong, 100, 10); }, {"schedule.warmup", "is no warm-up", "6%"});
  }
}

TEST(Schedules, DefaultEpochs) {
  EXPECT_EQ(default_epochs(375), 3);
  EXPECT_EQ(default_epochs(78), 8);
  EXPECT_EQ(default_epochs(5), 20);
  EXPECT_EQ(default_epochs(200), 3);
}

TEST(PrecisionOfTraining, SaysWhy) {
  EXPECT_EQ(int(choose_precision("fp32", true).precision), int(Precision::exact));
  EXPECT_EQ(int(choose_precision("bf16", false).precision), int(Precision::bf16));
  EXPECT_EQ(int(choose_precision("auto", false).precision), int(Precision::exact));
  EXPECT_FALSE(choose_precision("auto", true).reason.empty());
  support::expect_error(ErrorKind::usage, [] { choose_precision("fp16", true); }, {"fp16", "bf16"});
}

}  // namespace
}  // namespace espalier
