// Private by default: no socket, no example text in what a run writes or says, files as the user's umask wants them.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <set>

#include "espalier/base/text.h"
#include "tests/cli/counter.h"
#include "tests/cli/offline.h"
#include "tests/cli/world.h"

namespace espalier::test {
namespace {

using support::TemporaryFolder;

constexpr const char* kCanary = "zqcanary";

/// How a child that only runs `body` ends.
int status_of(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

int errno_of_connecting() {
  const int file = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in home{};
  home.sin_family = AF_INET;
  home.sin_port = htons(9);
  home.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(file, reinterpret_cast<const sockaddr*>(&home), sizeof home) == 0 ? 0 : errno;
}

bool can_leave_the_network() {
  return WEXITSTATUS(status_of([] { return enter_empty_network() ? 0 : 1; })) == 0;
}

TEST(Offline, WouldNoticeASocket) {
  const int status = status_of([] {
    forbid_sockets();
    return ::socket(AF_INET, SOCK_STREAM, 0) < 0 ? 0 : 1;
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
  if (!can_leave_the_network()) GTEST_SKIP() << "network namespaces are not permitted here; the filter of system calls is";
  const int left = status_of([] { return enter_empty_network() ? errno_of_connecting() : 0; });
  EXPECT_EQ(WEXITSTATUS(left), ENETUNREACH);  // not even this machine can be reached
}

std::set<std::string> verbs() {
  const std::string help = run({"--help"}).out;
  std::set<std::string> names;
  for (const std::string& line : split(help.substr(help.find("Subcommands:")), '\n')) {
    if (line.starts_with("  ") && line[2] != ' ') names.insert(line.substr(2, line.find(' ', 2) - 2));
  }
  return names;
}

TEST(Private, NoVerbOpensASocket) {
  const World& world = World::shared();
  const std::string out = world.path("offline"), dev = world.path("dev.tsv");
  const std::string recipe = world.path("offline.toml");
  write_file(
      recipe,
      fmt::format(
          "model = {{ from = \"{}\" }}\ndata = {{ train = \"{}\", dev = \"{}\", text = \"words\", "
          "label = \"side\" }}\ntrain = {{ steps = 4, precision = \"fp32\" }}\n[sweep.grid]\n\"method[0].rank\" = [2, 3]\n",
          world.path("model"), world.path("train.tsv"), dev));
  write_counter(world.path("counter"));
  const std::vector<std::vector<std::string>> lines{
      world.train(out, {"--set", "train.steps=8"}),
      {"train", "--resume", out},
      {"predict", out, dev},
      {"evaluate", out, "--data", dev},
      {"embed", world.path("model"), dev, "--text", "words", "--out", world.path("offline.npy")},
      {"merge", out, "--out", world.path("offline-merged")},
      {"compare", out, world.path("run")},
      {"report", out, world.path("run"), "--out", world.path("offline.html")},
      {"sweep", recipe, "--out", world.path("offline-sweep"), "--threads", "1"},
      {"convert", ESPALIER_TESTS_DIR "/oracle/torch_files/module.bin", world.path("offline.safetensors")},
      {"generate", world.path("counter"), "--ids", "5", "--max-new", "3"},
      {"show", "model", world.path("model")},
      {"list", "methods"},
      {"doctor"},
      {"completion", "bash"}};
  const bool no_network = can_leave_the_network();
  std::set<std::string> left = verbs();
  ASSERT_TRUE(left.contains("train"));
  const std::set<std::string> known = left;
  for (const std::vector<std::string>& line : lines) {
    if (!known.contains(line[0])) continue;
    left.erase(line[0]);
    const Outcome said = run(line, "", [&] {
      if (no_network) enter_empty_network();
      forbid_sockets();
    });
    EXPECT_EQ(said.code, 0) << line[0] << ": " << said.err;
  }
  EXPECT_EQ(left, std::set<std::string>{}) << "verbs that are not tried here";
}

/// Every file under `folder` that holds `word`, in its name or its bytes.
std::vector<std::string> holding(const fs::path& folder, std::string_view word) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const bool named = entry.path().filename().string().find(word) != std::string::npos;
    if (named || (entry.is_regular_file() && read_file(entry.path()).find(word) != std::string::npos))
      found.push_back(fs::relative(entry.path(), folder).string());
  }
  return found;
}

/// The tiny task with the canary at the start, in the middle and at the end of its texts.
std::string canary_rows(int64_t rows, uint64_t seed) {
  std::string text = tiny_rows(rows, seed);
  for (size_t at = text.find('\t', text.find('\n')); at != std::string::npos; at = text.find('\t', text.find('\n', at + 1))) {
    text.insert(at + 1, std::string(kCanary) + " ");
    const size_t end = text.find('\t', at + 1);
    text.insert(end, std::string(" rose") + kCanary);
    at = end;
    if (text.find('\n', at) == std::string::npos) break;
  }
  return text;
}

TEST(Private, RunFoldersHoldNoTextUnlessAsked) {
  const World& world = World::shared();
  const TemporaryFolder folder, temporary;
  const std::string train = folder.write("train.tsv", canary_rows(96, 11)).string();
  const std::string test = folder.write("test.tsv", canary_rows(24, 12)).string();
  ASSERT_NE(read_file(train).find(kCanary), std::string::npos);
  const auto line = [&](const std::string& out, const std::string& method, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{
        "train",  "--model", world.path("model"), "--method", method,  "--data", train,       "--test", test,
        "--text", "words",   "--label",           "side",     "--out", out,      "--threads", "1",      "--precision",
        "fp32"};
    if (method == "lora") words.insert(words.end(), {"--epochs", "1", "--set", "train.checkpoint_every=2"});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const auto quiet = [&](const std::vector<std::string>& words) {
    const Outcome said = run(words, "", [&] { ::setenv("TMPDIR", temporary.path().c_str(), 1); });
    EXPECT_EQ(said.code, 0) << said.err;
    EXPECT_EQ((said.out + said.err).find(kCanary), std::string::npos) << words[0] << " says a text:\n" << said.out << said.err;
  };
  const std::vector<std::string> methods{"lora", "bag_of_words", "linear_probe"};
  for (const std::string& method : methods) quiet(line((folder / "runs" / method).string(), method));
  const std::string lora = (folder / "runs/lora").string();
  quiet({"evaluate", lora, "--data", test});
  quiet({"compare", lora, (folder / "runs/linear_probe").string()});
  if (verbs().contains("report")) quiet({"report", lora, "--out", (folder / "runs/report.html").string()});
  quiet({"merge", lora, "--out", (folder / "runs/merged").string()});
  EXPECT_EQ(holding(folder / "runs", kCanary), std::vector<std::string>{});
  EXPECT_EQ(temporary.listing(), "");  // nothing was cached, nothing stayed

  const fs::path kept = folder / "kept";
  quiet(line(kept.string(), "lora", {"--keep-text"}));
  EXPECT_EQ(holding(kept, kCanary), std::vector<std::string>{"dev_predictions.tsv"});
  EXPECT_TRUE(read_file(kept / "dev_predictions.tsv").starts_with("row\ttruth\tprediction\tprobability\ttext\n"));
}

TEST(Private, ErrorsNameTheLineAndNotTheText) {
  const World& world = World::shared();
  const TemporaryFolder folder;
  const std::string secret = std::string("the patient ") + kCanary + " came on Monday";
  struct Broken {
    std::string file, bytes, place;
    std::vector<std::string> more;
  };
  const std::string good = "words\tside\nred rose\twarm\nblue sky\tcold\n";
  const std::vector<std::string> scores{"--task", "regression"};
  const std::vector<Broken> cases{
      {"cells.tsv", good + secret + "\twarm\t" + secret + "\n", ":4", {}},
      {"short.tsv", good + secret + "\n", ":4", {}},
      {"missing.tsv", good + secret + "\t\n", ":4", {}},
      {"swapped.tsv", "words\tside\nred\t1\n1\t" + secret + "\n", ":3", scores},
      {"quote.csv", "words,side\nred,warm\n\"" + secret + "\" " + secret + ",warm\n", ":3", {}},
      {"open.csv", "words,side\nred,warm\n\"" + secret + ",warm\nblue,cold\n", ":3", {}},
      {"string.jsonl", "{\"words\": \"red\", \"side\": \"warm\"}\n\"" + secret + "\"\n", ":2", {}},
      {"cut.jsonl", "{\"words\": \"red\", \"side\": \"warm\"}\n{\"words\": \"" + secret + "\n", ":2", {}},
      {"bare.jsonl", "{\"words\": \"red\", \"side\": \"warm\"}\n{\"words\": " + secret + "}\n", ":2", {}},
      {"escape.jsonl", "{\"words\": \"red\", \"side\": \"warm\"}\n{\"words\": \"" + secret + "\\q\"}\n", ":2", {}},
      {"list.jsonl",
       "{\"words\": \"red\", \"side\": \"warm\"}\n{\"words\": \"red\", \"side\": {\"a\": \"" + secret + "\"}}\n",
       ":2",
       {}},
      {"headless.csv", "\"" + secret + ", and went home on Tuesday\",warm\nred,cold\n", "", {}},
      {"first.jsonl", "\"" + secret + "\"\n", ":1", {}},
      {"spans.jsonl", "{\"words\": \"" + secret + "\", \"side\": [{\"start\": 0, \"end\": 900, \"label\": \"P\"}]}\n", ":1", {}},
      {"tokens.conll", "red O\nblue B-COLD\n" + std::string(kCanary) + " " + kCanary + " O\n", ":3", {}},
  };
  for (const Broken& broken : cases) {
    const std::string path = folder.write(broken.file, broken.bytes).string();
    std::vector<std::string> line{"train", "--model", world.path("model"), "--data", path, "--out", (folder / "run").string()};
    if (!broken.file.ends_with(".conll")) line.insert(line.end(), {"--text", "words", "--label", "side"});
    line.insert(line.end(), broken.more.begin(), broken.more.end());
    const Outcome said = run(line);
    EXPECT_EQ(said.code, broken.place.empty() ? 2 : 1) << broken.file << ": " << said.err;
    EXPECT_NE(said.err.find(path + broken.place), std::string::npos) << broken.file << ": " << said.err;
    EXPECT_EQ((said.out + said.err).find(kCanary), std::string::npos) << broken.file << ": " << said.err;
  }
  // A file to be answered, and one with classes that the run does not know.
  for (const std::string verb : {"predict", "evaluate"}) {
    const std::string path = folder.write("new.tsv", good + secret + "\t" + secret + "\t" + secret + "\n").string();
    const Outcome said =
        verb == "predict" ? run({verb, world.path("run"), path}) : run({verb, world.path("run"), "--data", path});
    EXPECT_EQ(said.code, 1) << said.err;
    EXPECT_EQ(said.err.find(kCanary), std::string::npos) << said.err;
  }
  const std::string path = folder.write("classes.tsv", good + "red\t" + secret + "\n").string();
  const Outcome said = run({"evaluate", world.path("run"), "--data", path});
  EXPECT_EQ(said.code, 1);
  expect_says(said.err, {":4", "unknown"});
  EXPECT_EQ(said.err.find(kCanary), std::string::npos) << said.err;
}

TEST(Private, FilesFollowTheUmask) {
  const World& world = World::shared();
  for (const mode_t mask : {077u, 022u}) {
    const fs::path out = world.path(fmt::format("mask-{:o}", mask));
    const Outcome said = run(world.train(out.string(), {"--set", "train.steps=8", "--set", "train.checkpoint_every=4"}), "",
                             [&] { ::umask(mask); });
    ASSERT_EQ(said.code, 0) << said.err;
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(out)) {
      const auto bits = mode_t(entry.status().permissions()) & 0777;
      EXPECT_EQ(bits, (entry.is_directory() ? 0777 : 0666) & ~mask) << entry.path();
      ++files;
    }
    EXPECT_GT(files, 10);
  }
}

}  // namespace
}  // namespace espalier::test
