// What a run records beside its figures: events for TensorBoard over a resume, and its environment.
#include <unistd.h>

#include <cstring>

#include "espalier/io/json.h"
#include "tests/recipe/tiny_run.h"

namespace espalier::test {
namespace {

/// Payloads of TFRecord frames; tests/report/tensorboard_test.cc looks at the checksums.
std::vector<std::string> frames(const std::string& bytes) {
  std::vector<std::string> out;
  for (size_t at = 0; at + 16 <= bytes.size();) {
    uint64_t length = 0;
    std::memcpy(&length, bytes.data() + at, sizeof length);
    out.push_back(bytes.substr(at + 12, size_t(length)));
    at += 16 + size_t(length);
  }
  return out;
}

TEST(Tensorboard, AResumedRunBeginsAnotherFileBehindItsCheckpoint) {
  const TemporaryFolder out;
  const TinyWorld world;
  MemoryLog log;
  const Plan plan = world.plan("lora", "steps = 20\nprecision = \"fp32\"\nevaluate_every = 10\ntensorboard = true");
  EXPECT_EQ(plan.id(), world.plan("lora", "steps = 20\nprecision = \"fp32\"\nevaluate_every = 10").id()) << "it changes no bit";
  std::atomic<bool> stop = false;
  struct Stopper : Callback {
    explicit Stopper(std::atomic<bool>& stop) : stop(stop) {}
    void on_step(const StepInfo& info) override { stop = info.step == 13; }
    std::atomic<bool>& stop;
  };
  RunOptions options;
  options.stop = &stop;
  options.show = [&](const Plan&) { return std::make_unique<Stopper>(stop); };
  run_training(plan, out / "run", options, log);
  resume_training(out / "run", {}, log);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(out / "run/tensorboard")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  ASSERT_EQ(files.size(), 2u);
  // Version and START, then a frame a step and a frame an evaluation: 13 + 1, and 7 + 1.
  const std::vector<std::string> first = frames(read_file(files[0])), second = frames(read_file(files[1]));
  ASSERT_EQ(first.size(), 16u);
  ASSERT_EQ(second.size(), 10u);
  for (const char* tag : {"train/loss", "train/learning_rate", "train/gradient_norm", "train/tokens_per_second"})
    EXPECT_NE(first[2].find(tag), std::string::npos) << tag;
  EXPECT_NE(first[12].find("dev/accuracy"), std::string::npos);
  EXPECT_EQ(second[1].substr(9), "\x10\x0e\x3a\x02\x08\x01") << "START at step 14";
  EXPECT_EQ(second[2].substr(9, 2), "\x10\x0e");
  fs::remove_all(out / "plain");
  run_training(world.plan("lora", "steps = 4\nprecision = \"fp32\""), out / "plain", {}, log);
  EXPECT_FALSE(fs::exists(out / "plain/tensorboard"));
}

TEST(Environment, IsRecordedAndADifferenceIsNoted) {
  const TemporaryFolder out;
  const TinyWorld world;
  MemoryLog log;
  run_training(world.plan("lora", "steps = 4\nprecision = \"fp32\""), out / "run", {}, log);
  nlohmann::json environment = read_json(out / "run/environment.json");
  for (const char* key : {"espalier", "libtorch", "compiler", "processor", "instructions", "kernels", "cores", "threads"})
    EXPECT_TRUE(environment.contains(key)) << key;
  EXPECT_EQ(environment["precision"], "fp32");
  EXPECT_EQ(environment["threads"], at::get_num_threads());
  char host[256] = {};
  ASSERT_EQ(::gethostname(host, sizeof host - 1), 0);
  if (std::strlen(host) > 3) {
    EXPECT_EQ(environment.dump().find(host), std::string::npos);
  }
  environment["processor"] = "another one";
  write_json(out / "run/environment.json", environment);
  resume_training(out / "run", {}, log);
  const std::string events = read_file(out / "run/events.jsonl");
  EXPECT_NE(events.find("processor was \\\"another one\\\" and is"), std::string::npos) << events.substr(0, 400);
}

}  // namespace
}  // namespace espalier::test
