#include "espalier/recipe/run.h"

#include "espalier/recipe/plan_change.h"
#include "espalier/recipe/session.h"
#include "tests/recipe/tiny_run.h"

namespace espalier::test {
namespace {

const TinyWorld& world() {
  static const TinyWorld* const kWorld = new TinyWorld;
  return *kWorld;
}

class Methods : public ::testing::TestWithParam<const char*> {};

TEST_P(Methods, LearnTheTaskAndWriteTheFolder) {
  const std::string method = GetParam();
  const TemporaryFolder out;
  MemoryLog log;
  // Biases and norms of a random model say little: they need a higher rate than weights.
  const bool few = method == "bitfit" || method == "layer_norm";
  const Plan plan = world().plan(method, fmt::format("epochs = 8\nprecision = \"fp32\"\noptimizer = {{ kind = \"adamw\", "
                                                     "learning_rate = {} }}",
                                                     few ? "0.05" : "0.005"));
  const RunResult result = run_training(plan, out / "run", {.command = {"espalier", "train"}}, log);
  EXPECT_EQ(result.ending, Ending::done);
  EXPECT_GT(result.dev.at("accuracy"), 0.9);
  const RunFolder run(out / "run");
  for (const fs::path& path : {run.plan(), run.command(), run.events(), run.result(), run.timing(), run.dev_predictions(),
                               run.adapter() / "espalier.json", run.path() / "confusion.svg"}) {
    EXPECT_TRUE(fs::exists(path)) << path;
  }
  const nlohmann::json json = run.read_result();
  EXPECT_EQ(json["method"], method);
  EXPECT_EQ(json["dev"]["accuracy"], result.dev.at("accuracy"));
  EXPECT_GT(json["trained_parameters"]["total"], 0);
  if (method != "bag_of_words") {
    EXPECT_EQ(json["trained_parameters"]["method"], plan.facts.method_parameters);
    EXPECT_EQ(json["trained_parameters"]["head"], plan.facts.head_parameters);
    EXPECT_EQ(json["total_parameters"], plan.facts.total_parameters);
  }
  EXPECT_NE(result.text.find("majority class"), std::string::npos);
  expect_error(ErrorKind::usage, [&] { run_training(plan, out / "run", {}, log); }, {"not empty", "--overwrite"});

  // What the folder says afterwards is what the run said.
  Session session = open_run(out / "run", {}, log);
  const Evaluated again = evaluate_file(session, (world().folder / "dev.tsv").string(), {}, log);
  EXPECT_EQ(again.metrics.at("macro_f1"), result.dev.at("macro_f1"));
  int64_t right = 0, rows = 0;
  predict_rows(session, (world().folder / "dev.tsv").string(), {.keep = {"side"}, .chunk = 7}, [&](const Answer& answer) {
    EXPECT_EQ(answer.row, rows++);
    EXPECT_GE(answer.score, 0.5);
    right += answer.label == answer.kept.at(0);
  });
  EXPECT_EQ(rows, 64);
  EXPECT_NEAR(double(right) / 64, result.dev.at("accuracy"), 1e-12);
}

INSTANTIATE_TEST_SUITE_P(All, Methods, ::testing::Values("lora", "full", "bitfit", "layer_norm", "linear_probe", "bag_of_words"));

TEST(Resume, EqualsUninterruptedBitForBit) {
  const TemporaryFolder out;
  MemoryLog log;
  const Plan plan = world().plan("lora", "epochs = 3\nprecision = \"fp32\"\nevaluate_every = 10");
  const RunResult whole = run_training(plan, out / "whole", {}, log);
  std::atomic<bool> stop = false;
  struct Stopper : Callback {
    explicit Stopper(std::atomic<bool>& stop) : stop(stop) {}
    void on_step(const StepInfo& info) override { stop = info.step == 23; }
    std::atomic<bool>& stop;
  };
  RunOptions options;
  options.stop = &stop;
  options.show = [&](const Plan&) { return std::make_unique<Stopper>(stop); };
  const RunResult part = run_training(plan, out / "parts", options, log);
  EXPECT_EQ(part.ending, Ending::interrupted);
  EXPECT_EQ(part.step, 23);
  EXPECT_FALSE(fs::exists(out / "parts/result.json"));
  const RunResult rest = resume_training(out / "parts", {}, log);
  EXPECT_EQ(rest.from_step, 23);
  EXPECT_EQ(rest.ending, Ending::done);
  EXPECT_EQ(rest.step, whole.step);
  for (const char* name : {"result.json", "dev_predictions.tsv", "adapter/adapter_model.safetensors", "plan.toml"}) {
    EXPECT_EQ(file_hash(out / "whole" / name), file_hash(out / "parts" / name)) << name;
  }
  const fs::path last = fs::path("checkpoints") / fs::path(checkpoint_folder("", whole.step)).filename();
  for (const char* name : {"trained.safetensors", "optimizer.safetensors"}) {
    EXPECT_EQ(file_hash(out / "whole" / last / name), file_hash(out / "parts" / last / name)) << name;
  }
  // A finished run that is resumed says the same again.
  resume_training(out / "parts", {}, log);
  EXPECT_EQ(file_hash(out / "whole/result.json"), file_hash(out / "parts/result.json"));
}

TEST(Stop, EndsAFitAtOnceAndItBeginsAgain) {
  for (const char* method : {"linear_probe", "bag_of_words"}) {
    const TemporaryFolder out;
    MemoryLog log;
    const Plan plan = world().plan(method, "precision = \"fp32\"");
    run_training(plan, out / "whole", {}, log);
    const std::atomic<bool> stop = true;
    const RunResult stopped = run_training(plan, out / "run", {.stop = &stop}, log);
    EXPECT_EQ(stopped.ending, Ending::interrupted);
    EXPECT_FALSE(fs::exists(out / "run/result.json"));
    EXPECT_FALSE(fs::exists(out / "run/adapter"));
    EXPECT_EQ(resume_training(out / "run", {}, log).ending, Ending::done);
    EXPECT_EQ(file_hash(out / "whole/result.json"), file_hash(out / "run/result.json"));
  }
}

TEST(PlanChange, KnowsWhatChangesNoBit) {
  const Plan plan = world().plan("lora", "steps = 8\nprecision = \"fp32\"");
  Plan other = plan;
  EXPECT_TRUE(changes_between(plan.to_value(), other.to_value()).empty());
  other.recipe.train.keep = 7;
  other.recipe.data.train = "elsewhere.tsv";
  other.facts.threads = 9;
  EXPECT_EQ(other.id(), plan.id());
  EXPECT_EQ(allowed_changes(plan, other, "run").size(), 3U);
  other.recipe.method[0].set("rank", 3);
  other.recipe.callback.push_back(Value::Object{{"kind", "spike"}});
  EXPECT_NE(other.id(), plan.id());
  const std::string text = expect_error(ErrorKind::usage, [&] { allowed_changes(plan, other, "run"); },
                                        {"run: ", "method[0].rank: 8 -> 3", "callback", "nothing -> ", "another --out"});
  EXPECT_EQ(text.find("keep"), std::string::npos);
}

TEST(Run, SameSeedSameBitsAnotherSeedOthers) {
  const TemporaryFolder out;
  MemoryLog log;
  Plan plan = world().plan("lora", "steps = 8\nprecision = \"fp32\"");
  run_training(plan, out / "a", {}, log);
  run_training(plan, out / "b", {}, log);
  plan.recipe.seed = 2;
  run_training(plan, out / "c", {}, log);
  const auto hash = [&](const char* run) { return file_hash(out / run / "adapter/adapter_model.safetensors"); };
  EXPECT_EQ(hash("a"), hash("b"));
  EXPECT_NE(hash("a"), hash("c"));
}

TEST(Run, AMovedOrAnotherBaseIsRefusedWithItsHash) {
  const TemporaryFolder out;
  MemoryLog log;
  write_tiny_model(out / "model");
  Recipe recipe = world().recipe("lora", "steps = 4");
  recipe.model.from = (out / "model").string();
  const Plan plan = resolve(recipe, log);
  run_training(plan, out / "run", {}, log);
  fs::rename(out / "model", out / "moved");
  expect_error(ErrorKind::usage, [&] { open_run(out / "run", {}, log); }, {"--model", plan.facts.model_sha256});
  EXPECT_NO_THROW(open_run(out / "run", {.model = (out / "moved").string()}, log));
  write_tiny_model(out / "other", 6);
  expect_error(ErrorKind::usage, [&] { open_run(out / "run", {.model = (out / "other").string()}, log); },
               {"not the base model", plan.facts.model_sha256});
}

TEST(Run, TheHeadBesideTheBaseIsPartOfItsHash) {
  const TemporaryFolder out;
  write_tiny_model(out / "model");
  const std::string bare = hash_model(out / "model");
  EXPECT_EQ(bare, sha256_file(out / "model/model.safetensors"));
  out.write("model/head/head.json", "{}");
  out.write("model/head/head.safetensors", "weights");
  const std::string with_head = hash_model(out / "model");
  EXPECT_NE(with_head, bare);
  out.write("model/head/head.safetensors", "others");
  const std::string other_weights = hash_model(out / "model");
  EXPECT_NE(other_weights, with_head);
  out.write("model/head/head.json", "{ }");
  EXPECT_NE(hash_model(out / "model"), other_weights);
}

TEST(Run, ChangedDataIsRefused) {
  const TemporaryFolder out;
  MemoryLog log;
  Recipe recipe = world().recipe("lora", "steps = 4");
  recipe.data.dev = out.write("dev.tsv", tiny_rows(20, 3)).string();
  const Plan plan = resolve(recipe, log);
  out.write("dev.tsv", tiny_rows(21, 3));
  expect_error(ErrorKind::data, [&] { run_training(plan, out / "run", {}, log); }, {"dev.tsv", "21 rows", "20", "another --out"});
}

// As many rows as before, and other bytes: of each file, and where dev is held out.
TEST(Run, ADataFileThatChangedBetweenStopAndResumeIsRefusedByName) {
  for (const std::string changed : {"train.tsv", "dev.tsv", "test.tsv", "held out"}) {
    SCOPED_TRACE(changed);
    const TemporaryFolder out;
    MemoryLog log;
    Recipe recipe = world().recipe("lora", "steps = 4\ncheckpoint_every = 2");
    recipe.data.train = out.write("train.tsv", tiny_rows(60, 3)).string();
    recipe.data.dev = changed == "held out" ? "" : out.write("dev.tsv", tiny_rows(20, 4)).string();
    recipe.data.test = out.write("test.tsv", tiny_rows(20, 5)).string();
    run_training(resolve(recipe, log), out / "run", {}, log);
    EXPECT_EQ(resume_training(out / "run", {}, log).ending, Ending::done);
    const std::string name = changed == "held out" ? "train.tsv" : changed;
    const std::string before = read_file(out / name);
    std::string after = before;
    after.replace(after.find("house"), 5, "mouse");
    out.write(name, after);
    const std::string place = (out / name).string(), was = sha256(before), is = sha256(after);
    expect_error(ErrorKind::data, [&] { resume_training(out / "run", {}, log); }, {place, "SHA-256", was, is, "another --out"});
    out.write(name, before);
    EXPECT_EQ(resume_training(out / "run", {}, log).ending, Ending::done);
  }
}

TEST(Run, MergedFolderAnswersAsTheRun) {
  const TemporaryFolder out;
  MemoryLog log;
  const Plan plan =
      world().plan("lora", "epochs = 2\noptimizer = { kind = \"adamw\", learning_rate = 5e-3 }\nprecision = \"fp32\"");
  run_training(plan, out / "run", {}, log);
  Session session = open_run(out / "run", {}, log);
  const MergeReport report = merge_run(session, out / "merged", log);
  EXPECT_EQ(report.merged, std::vector<std::string>{"lora"});
  // fp32: W + BA is rounded once where the run adds two rounded products, over 32 terms in each of two layers.
  EXPECT_LT(report.largest_change, 1e-4);
  EXPECT_GT(report.bytes, 0);
  expect_error(ErrorKind::usage, [&] { merge_run(session, out / "merged", log); }, {"not empty"});
  Session merged = open_model((out / "merged").string(), "", {}, log);
  Session adapter = open_model((world().folder / "model").string(), out / "run/adapter", {}, log);
  const std::string dev = (world().folder / "dev.tsv").string();
  std::vector<Answer> of_run, of_merged, of_adapter;
  predict_rows(session, dev, {}, [&](const Answer& answer) { of_run.push_back(answer); });
  predict_rows(merged, dev, {.text = {"words"}}, [&](const Answer& answer) { of_merged.push_back(answer); });
  predict_rows(adapter, dev, {.text = {"words"}}, [&](const Answer& answer) { of_adapter.push_back(answer); });
  ASSERT_EQ(of_run.size(), of_merged.size());
  ASSERT_EQ(of_run.size(), of_adapter.size());
  for (size_t i = 0; i < of_run.size(); ++i) {
    EXPECT_EQ(of_run[i].label, of_merged[i].label);
    EXPECT_NEAR(of_run[i].score, of_merged[i].score, 1e-4);
    EXPECT_EQ(of_run[i].score, of_adapter[i].score);
  }
  const auto matched = [](const std::string& line) { return line.find("base hash matched") != std::string::npos; };
  EXPECT_TRUE(std::any_of(log.notes.begin(), log.notes.end(), matched));
}

TEST(Run, EmbedsTextsToUnitLength) {
  MemoryLog log;
  Session session = open_model((world().folder / "model").string(), "", {.embed = true}, log);
  int64_t rows = 0;
  embed_texts(session, (world().folder / "dev.tsv").string(), {.text = {"words"}}, [&](std::span<const float> row) {
    double square = 0;
    for (const float x : row) square += double(x) * x;
    EXPECT_NEAR(square, 1, 1e-5);  // float: 32 terms of rounding
    ++rows;
  });
  EXPECT_EQ(rows, 64);
  expect_error(ErrorKind::usage, [&] { open_model((world().folder / "model").string(), "", {}, log); }, {"no head"});
}

}  // namespace
}  // namespace espalier::test
