// train as a user drives it: dry runs, Ctrl-C and going on, seeds, comparison.
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tests/cli/world.h"

namespace espalier::test {
namespace {

TEST(Train, EndsWithTheLineThatPredicts) {
  const World& world = World::shared();
  ASSERT_EQ(world.trained().code, 0) << world.trained().err;
  const std::string& out = world.trained().out;
  expect_says(out, {"majority", "trains"});
  const std::string last = out.substr(out.rfind('\n', out.size() - 2) + 1);
  EXPECT_EQ(last, std::string(ESPALIER_PROGRAM) + " predict " + world.path("run") + " new.tsv\n");
}

TEST(Train, ADryRunWritesNothing) {
  const World& world = World::shared();
  const std::string out = world.path("dry");
  const Outcome said = run(world.train(out, {"--dry-run"}));
  ASSERT_EQ(said.code, 0) << said.err;
  expect_says(said.out, {"method", "memory", "time"});
  EXPECT_FALSE(fs::exists(out));
}

TEST(Train, CtrlCSavesAndResumeGivesTheSameResult) {
  const World& world = World::shared();
  const std::vector<std::string> longer{"--set", "train.steps=60", "--set", "train.evaluate_every=10"};
  const Outcome whole = run(world.train(world.path("whole"), longer));
  ASSERT_EQ(whole.code, 0) << whole.err;

  const std::string part = world.path("part");
  Program program(world.train(part, longer));
  ASSERT_TRUE(program.says("epoch"));  // the first evaluation
  program.signal(SIGINT);
  const Outcome stopped = program.finish();
  ASSERT_EQ(stopped.code, 130) << stopped.err;
  const std::string line = std::string(ESPALIER_PROGRAM) + " train --resume " + part;
  expect_says(stopped.out, {line});
  EXPECT_FALSE(fs::exists(part + "/result.json"));

  const Outcome resumed = run({"train", "--resume", part, "--threads", "1"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  expect_says(resumed.err, {"from step", "same plan"});
  EXPECT_EQ(read_file(part + "/result.json"), read_file(world.path("whole") + "/result.json"));
}

TEST(Train, AProfileIsPrintedAndWrittenAndChangesNoResult) {
  const World& world = World::shared();
  const std::string out = world.path("profiled");
  const Outcome said = run(world.train(out, {"--profile", "1000"}));
  ASSERT_EQ(said.code, 0) << said.err;
  expect_says(said.out, {"where a step goes: mean of 11 steps after 5, 16 examples", "linear           forward", "optimizer",
                         "data wait", "lora/encoder.*.attention.query.down", "of limit"});
  expect_says(said.err, {"11 of 1000 steps are profiled"});
  EXPECT_EQ(read_file(out + "/result.json"), read_file(world.path("run") + "/result.json"));
  EXPECT_EQ(read_file(out + "/adapter/adapter_model.safetensors"),
            read_file(world.path("run") + "/adapter/adapter_model.safetensors"));
  const nlohmann::json profile = nlohmann::json::parse(read_file(out + "/profile.json"));
  EXPECT_EQ(profile["steps"], 11);
  EXPECT_EQ(profile["examples"], 11 * 16);
  double seconds = 0, share = 0;
  for (const auto& row : profile["kinds"]) {
    seconds += row["seconds"].get<double>();
    share += row["share"].get<double>();
  }
  EXPECT_NEAR(seconds, profile["seconds"].get<double>(), 1e-9);  // nanoseconds as doubles
  EXPECT_NEAR(share, 1, 1e-9);
  EXPECT_GT(profile["limit_gflops"].get<double>(), 0);

  EXPECT_FALSE(fs::exists(world.path("run") + "/profile.json"));
  EXPECT_EQ(run(world.train(out, {"--overwrite", "--profile", "0"})).code, 2);
  const Outcome fit = run({"train", "--method", "bag_of_words", "--data", world.path("train.tsv"), "--text", "words", "--label",
                           "side", "--out", world.path("bag"), "--profile", "3"});
  EXPECT_EQ(fit.code, 2);
  expect_says(fit.err, {"bag_of_words is fitted without steps", "leave --profile out"});
}

TEST(Train, ResumeWithFlagsAsksForTheSamePlan) {
  const World& world = World::shared();
  EXPECT_EQ(run(world.train(world.path("run"), {"--resume"})).code, 0);
  const Outcome other = run(world.train(world.path("run"), {"--resume", "--seed", "9"}));
  EXPECT_EQ(other.code, 2);
  expect_says(other.err, {"other settings"});
}

TEST(Train, SeedsBecomeMeanAndDeviation) {
  const World& world = World::shared();
  const Outcome said = run(world.train(world.path("seeds"), {"--seeds", "1,2", "--method", "bag_of_words"}));
  EXPECT_EQ(said.code, 2);  // a bag of words has no rank
  std::vector<std::string> line = world.train(world.path("seeds"), {"--seeds", "1,2"});
  const Outcome good = run(line);
  ASSERT_EQ(good.code, 0) << good.err;
  expect_says(good.out, {"±"});
  EXPECT_TRUE(fs::exists(world.path("seeds") + "/seed-1/result.json"));
  EXPECT_TRUE(fs::exists(world.path("seeds") + "/seed-2/result.json"));
  const Outcome compared = run({"compare", world.path("run"), world.path("seeds") + "/seed-2", "--seeds-apart"});
  ASSERT_EQ(compared.code, 0) << compared.err;
  expect_says(compared.out, {"lora", "McNemar"});
}

TEST(Evaluate, SaysEachClass) {
  const World& world = World::shared();
  const Outcome said = run({"evaluate", world.path("run"), "--data", world.path("dev.tsv")});
  ASSERT_EQ(said.code, 0) << said.err;
  expect_says(said.out, {"precision", "recall", "AUROC", "95 % interval", "warm", "cold", "macro_f1"});
  const Outcome json = run({"evaluate", world.path("run"), "--data", world.path("dev.tsv"), "--json"});
  const nlohmann::json figures = nlohmann::json::parse(json.out);
  const nlohmann::json result = nlohmann::json::parse(read_file(world.path("run") + "/result.json"));
  EXPECT_EQ(figures["metrics"]["macro_f1"]["value"], result["dev"]["macro_f1"]);
}

TEST(Evaluate, GivesFurtherMetricsWithTheirIntervals) {
  const World& world = World::shared();
  const Outcome more = run({"evaluate", world.path("run"), "--data", world.path("dev.tsv"), "--json", "--metric",
                            "calibration_error,adaptive_calibration_error", "--metric", "auroc"});
  ASSERT_EQ(more.code, 0) << more.err;
  const nlohmann::json figures = nlohmann::json::parse(more.out).at("metrics");
  EXPECT_EQ(figures.size(), 6U) << "auroc is among the task's own";
  for (const char* name : {"calibration_error", "adaptive_calibration_error"}) {
    const double value = figures.at(name).at("value");
    EXPECT_GE(value, 0);
    EXPECT_LE(figures[name]["interval"][0], figures[name]["interval"][1]);
  }
  const Outcome wrong = run({"evaluate", world.path("run"), "--data", world.path("dev.tsv"), "--metric", "bleu"});
  EXPECT_EQ(wrong.code, 2);
  expect_says(wrong.err, {"--metric", "bleu needs texts", "calibration_error"});
}

TEST(Train, AMetricThatTheTaskCannotGiveIsRefused) {
  const World& world = World::shared();
  const Outcome wrong = run(world.train(world.path("wrong_metric"), {"--set", "data.metrics=[\"mse\"]", "--dry-run"}));
  EXPECT_EQ(wrong.code, 2);
  expect_says(wrong.err, {"data.metrics", "mse needs real values", "classify", "accuracy"});
}

TEST(Train, TokensEndToEnd) {
  const World& world = World::shared();
  const support::TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 12; ++i) text += "red B-WARM\nrose I-WARM\nof O\nblue B-COLD\n\nthe O\nfire B-WARM\n\n";
  const std::string data = folder.write("train.conll", text).string(), out = (folder / "run").string();
  const Outcome said = run({"train",
                            "--task",
                            "tokens",
                            "--model",
                            world.path("model"),
                            "--data",
                            data,
                            "--dev",
                            data,
                            "--out",
                            out,
                            "--epochs",
                            "16",
                            "--batch",
                            "4",
                            "--learning-rate",
                            "1e-2",
                            "--precision",
                            "fp32",
                            "--threads",
                            "1"});
  ASSERT_EQ(said.code, 0) << said.err;
  const Outcome answer = run({"predict", out}, "red rose of blue\n");
  EXPECT_EQ(answer.out.rfind("row\tstart\tend\ttype\ttext\tprobability\n", 0), 0U);
  expect_says(answer.out, {"0\t8\tWARM\tred rose"});
  const Outcome judged = run({"evaluate", out, "--data", data});
  ASSERT_EQ(judged.code, 0) << judged.err;
  expect_says(judged.out, {"entity_f1", "WARM", "COLD", "recall"});
}

}  // namespace
}  // namespace espalier::test
