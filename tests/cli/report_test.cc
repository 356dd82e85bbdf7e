// sweep, compare and report as a user drives them; the page is opened in Chromium where there is one.
#include <signal.h>

#include <nlohmann/json.hpp>

#include <cstdlib>

#include "espalier/base/text.h"
#include "tests/cli/world.h"

namespace espalier::test {
namespace {

std::string command_output(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[4096];
  for (size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  ::pclose(pipe);
  return out;
}

std::string chromium() {
  return std::string(trim(command_output("command -v chromium || command -v chromium-browser || command -v google-chrome")));
}

/// What Chromium makes of a page, and what it says on its console.
struct Opened {
  std::string dom, console;
};
Opened open_page(const std::string& browser, const std::string& page, const std::string& folder) {
  const std::string line = fmt::format(
      "HOME={0} timeout 60 {1} --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run "
      "--user-data-dir={0}/profile --enable-logging=stderr --v=0 --window-size=390,844 --dump-dom file://{2} 2>{0}/console",
      folder, browser, page);
  Opened opened{command_output(line), ""};
  for (const std::string& row : split(read_file(folder + "/console"), '\n')) {
    if (row.find("CONSOLE") != std::string::npos) opened.console += row + "\n";
  }
  return opened;
}

TEST(Report, IsOnePageThatChromiumOpens) {
  const World& world = World::shared();
  const support::TemporaryFolder folder;
  const std::string one = (folder / "one.html").string();
  const Outcome said = run({"report", world.path("run"), "--out", one});
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.out, one + "\n");
  const std::string html = read_file(one);
  expect_says(html,
              {"lora on train (classify)", "warm", "cold", "majority", "espalier", "threads", "libtorch", "seed", "--rank 4"});
  for (const char* word : {"rose", "sky", "house"})
    EXPECT_EQ(html.find(word), std::string::npos) << "a word of the examples: " << word;

  const nlohmann::json environment = nlohmann::json::parse(read_file(world.path("run") + "/environment.json"));
  for (const char* key : {"libtorch", "processor", "compiler", "precision"})
    expect_says(html, {fmt::format("<dd>{}</dd>", environment[key].get<std::string>())});

  const std::string browser = chromium();
  if (browser.empty()) GTEST_SKIP() << "no chromium on PATH: the page was not opened in a browser";
  const Opened opened = open_page(browser, one, folder.path().string());
  expect_says(opened.dom, {"class=\"run\"", "class=\"card chart loss\"", "class=\"card chart metric\"", "class=\"mark\"",
                           "class=\"card matrix wide\"", "class=\"card command wide\"", "</svg>", "</html>"});
  EXPECT_EQ(opened.console, "");
}

TEST(Report, TheBrowserWouldHaveComplained) {
  const std::string browser = chromium();
  if (browser.empty()) GTEST_SKIP() << "no chromium on PATH";
  const support::TemporaryFolder folder;
  const std::string page = folder.write("bad.html", "<html><body><script>throw Error('seen')</script></body></html>").string();
  expect_says(open_page(browser, page, folder.path().string()).console, {"seen"});
}

TEST(Sweep, RunsRanksGoesOnAndIsReported) {
  const World& world = World::shared();
  const support::TemporaryFolder folder;
  const std::string recipe =
      folder
          .write("sweep.toml",
                 fmt::format("model = {{ from = \"{}\" }}\n[data]\ntrain = \"{}\"\ndev = \"{}\"\ntext = \"words\"\n"
                             "label = \"side\"\nbatch = 16\n[train]\nepochs = 2\nprecision = \"fp32\"\n"
                             "[sweep]\nseeds = [1, 2]\n[sweep.grid]\ntrain.optimizer.learning_rate = [5e-3, 1e-6]\n",
                             world.path("model"), world.path("train.tsv"), world.path("dev.tsv")))
          .string();
  const std::string out = (folder / "out").string();
  const Outcome dry = run({"sweep", recipe, "--dry-run"});
  ASSERT_EQ(dry.code, 0) << dry.err;
  expect_says(dry.out, {"learning_rate=0.005", "1 2", "4 runs", "method"});
  const Outcome said = run({"sweep", recipe, "--out", out, "--threads", "1"});
  ASSERT_EQ(said.code, 0) << said.err;
  expect_says(said.out, {"best", "0.005", "±", "1e-06", "predict " + out + "/learning_rate=0.005/seed-"});
  expect_says(said.err, {"run 1 of 4: learning_rate=0.005, seed 1"});
  const nlohmann::json state = nlohmann::json::parse(read_file(out + "/sweep.json"));
  for (const nlohmann::json& run : state["runs"]) EXPECT_EQ(run["state"], "done");

  EXPECT_EQ(run({"sweep", recipe, "--out", out}).code, 2);
  const Outcome again = run({"sweep", "--resume", out, "--threads", "1"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.err.find("run 1 of 4"), std::string::npos) << "what is done is not repeated";

  const Outcome compared = run({"compare", out + "/learning_rate=0.005", out + "/learning_rate=1e-06", world.path("run")});
  ASSERT_EQ(compared.code, 0) << compared.err;
  expect_says(compared.out, {"lora (learning_rate=0.005)", "lora (learning_rate=1e-06)", "bootstrap", "[-", "48"});
  const Outcome page = run({"report", out, "--out", (folder / "all.html").string()});
  ASSERT_EQ(page.code, 0) << page.err;
  expect_says(read_file(folder / "all.html"), {"4 runs", "learning_rate=1e-06/seed-2"});
}

TEST(Sweep, AKilledOneGoesOnToTheSameFigures) {
  const World& world = World::shared();
  const support::TemporaryFolder folder;
  const auto line = [&](const char* out) {
    std::vector<std::string> words = world.train(
        (folder / out).string(), {"--set", "train.evaluate_every=4", "--set", "sweep.grid.data.batch=[16, 8]", "--seeds", "1"});
    words[0] = "sweep";
    return words;
  };
  const Outcome whole = run(line("whole"));
  ASSERT_EQ(whole.code, 0) << whole.err;
  {
    Program program(line("parts"));
    ASSERT_TRUE(program.says("run 2 of 2"));
    program.signal(SIGKILL);
    EXPECT_EQ(program.finish().code, 128 + SIGKILL);
  }
  const Outcome rest = run({"sweep", "--resume", (folder / "parts").string(), "--threads", "1"});
  ASSERT_EQ(rest.code, 0) << rest.err;
  EXPECT_EQ(rest.err.find("run 1 of 2"), std::string::npos) << rest.err;
  for (const char* run : {"batch=16/seed-1", "batch=8/seed-1"})
    EXPECT_EQ(read_file(folder / "whole" / run / "result.json"), read_file(folder / "parts" / run / "result.json")) << run;
  EXPECT_EQ(read_file(folder / "whole/sweep.json"), read_file(folder / "parts/sweep.json"));
}

TEST(Sweep, WhatIsWrongIsSaidBeforeAnythingIsTrained) {
  const World& world = World::shared();
  const support::TemporaryFolder folder;
  std::vector<std::string> words =
      world.train((folder / "out").string(), {"--set", "sweep.grid.train.optimiser.learning_rate=[1e-3]", "--set",
                                              "sweep.grid.data.batch=[16, \"many\"]", "--set", "sweep.seeds=[]"});
  words[0] = "sweep";
  const Outcome said = run(words);
  EXPECT_EQ(said.code, 2);
  expect_says(said.err, {"optimiser", "many", "2 problems"});
  EXPECT_FALSE(fs::exists(folder / "out"));
}

}  // namespace
}  // namespace espalier::test
