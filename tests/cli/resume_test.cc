// Going on with a run: what is refused and why, what is taken over, what is said.
#include <signal.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>

#include "espalier/base/text.h"
#include "tests/cli/world.h"

namespace espalier::test {
namespace {

using Words = std::vector<std::string>;

const Words kLonger{"--set", "train.steps=40", "--set", "train.evaluate_every=10"};

void damage(const fs::path& file) {
  std::string bytes = read_file(file);
  bytes.back() ^= 1;
  write_file(file, bytes);
}

nlohmann::json result(const std::string& run) { return nlohmann::json::parse(read_file(run + "/result.json")); }

/// A run of 40 steps that nothing happened to.
const std::string& whole() {
  static const std::string path = [] {
    const std::string run_path = World::shared().path("resume-whole");
    EXPECT_EQ(run(World::shared().train(run_path, kLonger)).code, 0);
    return run_path;
  }();
  return path;
}

std::string copy_of_whole(const std::string& name) {
  const std::string path = World::shared().path(name);
  fs::copy(whole(), path, fs::copy_options::recursive);
  return path;
}

TEST(Resume, ASecondProcessIsRefused) {
  const World& world = World::shared();
  const std::string path = world.path("locked");
  Program first(world.train(path, {"--set", "train.steps=100000", "--set", "train.evaluate_every=5"}));
  ASSERT_TRUE(first.says("epoch"));
  for (const Words& words : {Words{"train", "--resume", path}, world.train(path, {"--overwrite"})}) {
    const Outcome second = run(words);
    EXPECT_EQ(second.code, 2);
    expect_says(second.err, {"another process ", "wait until it has ended"});
  }
  first.signal(SIGKILL);
  first.finish();
  Program next({"train", "--resume", path});
  EXPECT_TRUE(next.says("from step")) << "the lock ended with its process";
}

TEST(Resume, ADamagedCheckpointIsNamedAndAutoTakesAnOlderOne) {
  const std::string path = copy_of_whole("damaged");
  fs::remove_all(path + "/adapter");
  fs::remove(path + "/result.json");
  damage(path + "/checkpoints/step-000040/optimizer.safetensors");
  const Outcome refused = run({"train", "--resume", path});
  EXPECT_EQ(refused.code, 1);
  expect_says(refused.err, {"step-000040/optimizer.safetensors", "SHA-256", "--resume auto"});
  const Outcome good = run({"train", "--resume", "auto", "--out", path});
  ASSERT_EQ(good.code, 0) << good.err;
  expect_says(good.err, {"passed over and removed", "step-000040/optimizer.safetensors", "from step"});
  EXPECT_EQ(read_file(path + "/result.json"), read_file(whole() + "/result.json"));
  for (const char* name : {"adapter/adapter_model.safetensors", "checkpoints/step-000040/optimizer.safetensors"}) {
    EXPECT_EQ(sha256_file(path + "/" + name), sha256_file(whole() + "/" + name)) << name;
  }
}

TEST(Resume, OtherSettingsAreListedKeyByKey) {
  const World& world = World::shared();
  const std::string path = copy_of_whole("settings");
  const Outcome line = run({"train", "--resume", path, "--learning-rate", "1e-2", "--epochs", "9", "--checkpoint-every", "7"});
  EXPECT_EQ(line.code, 2);
  expect_says(line.err, {"other settings", "train.optimizer.learning_rate: 0.005 -> 0.01", "train.epochs: 2 -> 9"});
  EXPECT_EQ(line.err.find("checkpoint_every"), std::string::npos) << line.err;

  Words again = world.train(path, kLonger);
  again.insert(again.end(), {"--resume", "--rank", "8"});
  std::erase(again, "4");
  again.erase(std::find(again.begin(), again.end(), "--rank"));
  const Outcome other = run(again);
  EXPECT_EQ(other.code, 2) << other.out;
  expect_says(other.err, {"method[0].rank: 4 -> 8"});

  std::string plan = read_file(path + "/plan.toml");
  plan = replace_all(plan, "clip = 1.0", "clip = 0.5");
  write_file(path + "/plan.toml", plan);
  const Outcome edited = run({"train", "--resume", path});
  EXPECT_EQ(edited.code, 2);
  expect_says(edited.err, {"plan.toml", "train.clip: 1 -> 0.5"});
}

TEST(Resume, SettingsThatChangeNoBitAreTakenOver) {
  const std::string path = copy_of_whole("harmless");
  const Outcome said =
      run({"train", "--resume", path, "--checkpoint-every", "3", "--on-nonfinite", "skip:2", "--set", "data.workers=2"});
  ASSERT_EQ(said.code, 0) << said.err;
  expect_says(said.err, {"train.checkpoint_every: 0 -> 3", "skip:2", "same plan"});
  expect_says(read_file(path + "/plan.toml"), {"checkpoint_every = 3", "on_nonfinite = \"skip:2\"", "workers = 2"});
  EXPECT_EQ(read_file(path + "/result.json"), read_file(whole() + "/result.json"));
}

TEST(Resume, AnotherNumberOfThreadsIsSaid) {
  const std::string path = copy_of_whole("threads");
  const Outcome same = run({"train", "--resume", path});
  EXPECT_EQ(same.err.find("bit for bit"), std::string::npos) << "as many threads as before: " << same.err;
  const Outcome other = run({"train", "--resume", path, "--threads", "2"});
  ASSERT_EQ(other.code, 0) << other.err;
  expect_says(other.err, {"2 threads compute now, and 1 did before", "not bit for bit"});
}

TEST(Resume, WithoutAPlanThereIsNothingToGoOnFrom) {
  const World& world = World::shared();
  const support::TemporaryFolder folder;
  EXPECT_EQ(run({"train", "--resume", (folder / "none").string()}).code, 2);
  folder.write("early/command.txt", "espalier train --model m\n");
  const Outcome early = run({"train", "--resume", (folder / "early").string()});
  EXPECT_EQ(early.code, 2);
  expect_says(early.err, {"before its plan was written", "espalier train --model m"});
  EXPECT_EQ(run(world.train((folder / "early").string())).code, 0) << "the same line starts it";
}

TEST(Resume, SeedsGoOnWhereTheyWereKilled) {
  const World& world = World::shared();
  const Words seeds{"--seeds", "1,2", "--set", "train.steps=40"};
  const std::string path = world.path("seeds-killed"), unharmed = world.path("seeds-whole");
  ASSERT_EQ(run(world.train(unharmed, seeds)).code, 0);
  Program program(world.train(path, seeds));
  ASSERT_TRUE(program.says("seed 2"));
  program.signal(SIGKILL);
  program.finish();
  Words again = world.train(path, seeds);
  again.push_back("--resume");
  const Outcome said = run(again);
  ASSERT_EQ(said.code, 0) << said.err;
  expect_says(said.err, {"seed 1 is done", "seed 2"});
  expect_says(said.out, {"±"});
  for (const char* seed : {"/seed-1/", "/seed-2/"}) {
    for (const char* name : {"result.json", "adapter/adapter_model.safetensors"}) {
      EXPECT_EQ(sha256_file(path + seed + name), sha256_file(unharmed + seed + name)) << seed << name;
    }
  }
  again.insert(again.end(), {"--set", "train.clip=0.5"});
  const Outcome other = run(again);
  EXPECT_EQ(other.code, 2);
  expect_says(other.err, {"seed-1", "train.clip: 1 -> 0.5"});
}

TEST(Resume, AFullDiskEndsTheRunAndLeavesOneThatGoesOn) {
  const World& world = World::shared();
  const std::string path = world.path("full-disk");
  // The first checkpoint's optimizer does not fit; plan, events and smaller files do.
  const Outcome full = run(world.train(path, kLonger), "", [] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{12000, 12000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  });
  EXPECT_EQ(full.code, 1);
  expect_says(full.err, {"checkpoints/", ".safetensors", "File too large"});
  EXPECT_EQ(full.err.find("mistake of espalier"), std::string::npos) << full.err;
  const Outcome rest = run({"train", "--resume", path});
  ASSERT_EQ(rest.code, 0) << rest.err;
  EXPECT_EQ(read_file(path + "/result.json"), read_file(whole() + "/result.json"));
}

TEST(Resume, AFileWhereTheCheckpointsShouldBeIsFoundBeforeTheWork) {
  const std::string path = copy_of_whole("in-the-way");
  fs::remove_all(path + "/checkpoints");
  write_file(path + "/checkpoints", "a file");
  const Outcome said = run({"train", "--resume", path});
  EXPECT_EQ(said.code, 1);
  expect_says(said.err, {"checkpoints", "is a file", "try:"});
}

TEST(Nonfinite, TheRowIsNamedAndSkippingIsBoundedAndCounted) {
  const World& world = World::shared();
  const support::TemporaryFolder folder;
  std::string text = "words\tvalue\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("red rose\t{}\n", i == 22 ? "1e30" : i % 2 == 0 ? "0.5" : "0.25");
  const std::string data = folder.write("train.tsv", text).string(), out = (folder / "run").string();
  const Words line{"train",       "--model",  world.path("model"),
                   "--data",      data,       "--dev",
                   data,          "--text",   "words",
                   "--label",     "value",    "--task",
                   "regression",  "--out",    out,
                   "--precision", "fp32",     "--batch",
                   "8",           "--epochs", "4",
                   "--threads",   "1"};
  const Outcome stopped = run(line);
  EXPECT_EQ(stopped.code, 1) << stopped.err;
  expect_says(stopped.err, {"the loss is not finite", data + ":24", "--on-nonfinite skip:N"});

  const Outcome skipped = run({"train", "--resume", out, "--on-nonfinite", "skip:4"});
  ASSERT_EQ(skipped.code, 0) << skipped.err;
  expect_says(skipped.err, {"skipped: the loss is not finite", ":24"});
  expect_says(skipped.out, {"4 of 20 steps skipped"});
  EXPECT_EQ(result(out)["skipped_steps"], 4);
  expect_says(read_file(out + "/events.jsonl"), {"\"kind\":\"skip\"", "train.tsv:24"});

  Words bounded = line;
  bounded.insert(bounded.end(), {"--overwrite", "--on-nonfinite", "skip:3"});
  const Outcome more = run(bounded);
  EXPECT_EQ(more.code, 1);
  expect_says(more.err, {"3 steps were skipped before"});
}

TEST(Spike, IsTakenFromTheRecipeAndListed) {
  const World& world = World::shared();
  const std::string path = world.path("spiky");
  // Where the loss no longer falls, noise is above the median in every other step.
  const Outcome said = run(world.train(path, {"--set", "callback=[{ kind = \"spike\", window = 10, deviations = 0.01 }]", "--set",
                                              "train.steps=60", "--set", "train.schedule.decay=constant"}));
  ASSERT_EQ(said.code, 0) << said.err;
  expect_says(said.err, {"warning: loss spike at step", "train.tsv:"});
  expect_says(read_file(path + "/events.jsonl"), {"loss spike"});
  expect_says(run({"list", "callbacks", "spike"}).out, {"window", "deviations", "stop"});
  const Outcome wrong = run(world.train(world.path("other"), {"--set", "callback=[{ kind = \"spice\" }]"}));
  EXPECT_EQ(wrong.code, 2);
  expect_says(wrong.err, {"callback[0].kind", "spike", "evaluate"});
}

}  // namespace
}  // namespace espalier::test
