// SIGKILL at any moment: a run that is killed, resumed, and killed again ends with the bits of one that never was.
// ESPALIER_KILLS (20) says how many kills, ESPALIER_KILL_SEED (1) where; what happened is printed.
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>
#include <thread>

#include "espalier/base/text.h"
#include "tests/cli/changes.h"
#include "tests/cli/world.h"

namespace espalier::test {
namespace {

using std::chrono::milliseconds;
using Hashes = std::map<std::string, std::string>;
using Words = std::vector<std::string>;

int64_t number_from(const char* variable, int64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : parse_int(text).value_or(otherwise);
}

struct Variant {
  const char* name;
  Words words;
};

/// Most of the data are beyond the shuffle buffer, so that the workers are at work all the time.
const std::vector<Variant>& variants() {
  static const std::vector<Variant> all{
      {"lora, 1 worker", {"--set", "data.workers=1"}},
      {"lora, 2 workers", {"--set", "data.workers=2"}},
      {"lora accumulated, 1 worker", {"--set", "data.workers=1", "--set", "data.micro_batch=3"}},
      {"lora accumulated, 2 workers", {"--set", "data.workers=2", "--set", "data.tokens=40"}},
      {"full, 1 worker", {"--method", "full", "--set", "data.workers=1"}},
      {"full accumulated, 2 workers", {"--method", "full", "--set", "data.workers=2", "--set", "data.micro_batch=3"}},
  };
  return all;
}

/// SHA-256 of what a run is for: the adapter, the figures, the answers, and the last checkpoint.
Hashes hashes(const fs::path& run) {
  Hashes out;
  fs::path last;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints")) last = std::max(last, entry.path());
  for (const fs::path& folder : {run / "adapter", last}) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      out[entry.path().lexically_relative(run).string()] = sha256_file(entry.path());
    }
  }
  for (const char* name : {"result.json", "dev_predictions.tsv", "plan.toml"}) out[name] = sha256_file(run / name);
  return out;
}

bool holds(const fs::path& folder, const std::string& start) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename().string().starts_with(start)) return true;
  }
  return false;
}

/// Where a kill hit, from what it left.
std::string moment(const fs::path& run) {
  if (!fs::exists(run / "plan.toml")) return "before the plan";
  if (holds(run / "checkpoints", ".tmp-")) return "while a checkpoint was saved or removed";
  if (holds(run, ".tmp-") || fs::exists(run / "adapter")) return "while the results were written";
  if (!holds(run / "checkpoints", "step-")) return "before the first checkpoint";
  return "in training or evaluation";
}

class Killing {
 public:
  Killing(const Variant& variant, fs::path folder, uint64_t seed)
      : variant_(variant), folder_(std::move(folder)), random_(derive_key(seed, variant.name)) {}

  /// An unharmed run: how long it takes, how often it changes its folder, and how it ends.
  void learn() {
    const fs::path run = folder_ / "whole";
    Changes changes(run);
    std::atomic<bool> over = false;
    const auto began = std::chrono::steady_clock::now();
    Program program(start(run));
    std::thread counting([&] {
      while (!over) changes_ = changes.wait(1 << 20, milliseconds(20));
    });
    const Outcome said = program.finish();
    length_ = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began).count();
    over = true;
    counting.join();
    ASSERT_EQ(said.code, 0) << said.err;
    ASSERT_GT(changes_, 50);
    expected_ = hashes(run);
  }

  /// Kills a run up to three times on its way, and compares its end.
  void chain(int64_t& kills, std::map<std::string, int64_t>& moments) {
    const fs::path run = folder_ / "run";
    std::error_code ignored;
    fs::remove_all(run, ignored);
    std::string story = variant_.name;
    const auto times = int64_t(1 + random_.below(3));
    for (int64_t i = 0; i < times && kills > 0; ++i) {
      const std::string drawn = kill_once(run);
      if (drawn.empty()) continue;  // it was faster
      --kills;
      ++moments[moment(run)];
      story += fmt::format("; killed {} ({})", drawn, moment(run));
    }
    const Outcome said = test::run(words(run));
    ASSERT_EQ(said.code, 0) << story << "\n" << said.err;
    EXPECT_EQ(hashes(run), expected_) << story;
    EXPECT_FALSE(holds(run, ".tmp-") || holds(run / "checkpoints", ".tmp-") || fs::exists(run / ".lock")) << story;
  }

 private:
  Words start(const fs::path& run) const {
    // 128 rows, 24 in the buffer at a time: 16 steps an epoch, checkpoints between evaluations too.
    Words words = World::shared().train(run.string(), {"--no-pictures"});
    for (const char* setting : {"data.shuffle_buffer=24", "data.batch=8", "train.epochs=3", "train.checkpoint_every=5"}) {
      words.insert(words.end(), {"--set", setting});
    }
    if (variant_.words[0] == "--method") std::erase(words, "--rank"), std::erase(words, "4");
    words.insert(words.end(), variant_.words.begin(), variant_.words.end());
    return words;
  }
  /// What a user would type now: nothing but the folder, where there is a plan.
  Words words(const fs::path& run) const {
    return fs::exists(run / "plan.toml") ? Words{"train", "--resume", run.string(), "--no-pictures"} : start(run);
  }
  /// By the clock or at a change of the folder; says where it was aimed, or nothing where the program had ended by itself.
  std::string kill_once(const fs::path& run) {
    Changes changes(run);
    Program program(words(run));
    std::string aim;
    if (random_.below(2) == 0) {
      const auto after = int64_t(random_.below(uint64_t(length_)));
      std::this_thread::sleep_for(milliseconds(after));
      aim = fmt::format("after {} ms", after);
    } else {
      const auto change = int64_t(1 + random_.below(uint64_t(changes_)));
      changes.wait(change, milliseconds(3 * length_));
      aim = fmt::format("at change {}", change);
    }
    program.signal(SIGKILL);
    return program.finish().code == 128 + SIGKILL ? aim : "";
  }

  const Variant& variant_;
  const fs::path folder_;
  RandomStream random_;
  int64_t length_ = 0, changes_ = 0;
  Hashes expected_;
};

TEST(Kill, AtAnyMomentLeavesTheSameBits) {
  const int64_t wanted = number_from("ESPALIER_KILLS", 20);
  const auto seed = uint64_t(number_from("ESPALIER_KILL_SEED", 1));
  std::map<std::string, int64_t> moments;
  int64_t done = 0, chains = 0;
  for (size_t i = 0; i < variants().size(); ++i) {
    const support::TemporaryFolder folder;
    Killing killing(variants()[i], folder.path(), seed);
    killing.learn();
    int64_t kills = wanted * int64_t(i + 1) / int64_t(variants().size()) - done;
    done += kills;
    while (kills > 0 && !HasFailure()) {
      killing.chain(kills, moments);
      ++chains;
    }
    if (HasFailure()) return;
  }
  std::cout << fmt::format("{} kills in {} runs, seed {}; all ended with the bits of an unharmed run\n", done, chains, seed);
  for (const auto& [name, count] : moments) std::cout << fmt::format("  {:>4} {}\n", count, name);
}

}  // namespace
}  // namespace espalier::test
