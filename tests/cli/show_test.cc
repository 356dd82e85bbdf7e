// list, show, doctor and completion: what they print exists and can be read back.
#include "espalier/base/text.h"
#include "tests/cli/world.h"

namespace espalier::test {
namespace {

TEST(List, EveryListAndEveryName) {
  const Outcome all = run({"list"});
  ASSERT_EQ(all.code, 0) << all.err;
  for (const char* what : {"methods", "tasks", "models", "heads", "objectives", "optimizers", "schedules", "rules", "metrics"}) {
    expect_says(all.out, {what});
    EXPECT_EQ(run({"list", what}).code, 0) << what;
  }
  expect_says(run({"list", "methods", "lora"}).out, {"rank", "integer", "8", "at least 1"});
  expect_says(run({"list", "tasks", "glue/sst2"}).out, {"accuracy", "sentence"});
}

TEST(Show, ModelSitesPlanRecipe) {
  const World& world = World::shared();
  expect_says(run({"show", "model", world.path("model")}).out, {"bert", "encoder", "total"});
  const Outcome sites = run({"show", "sites", world.path("model"), "--match", "**.query"});
  expect_says(sites.out, {"encoder.0.attention.query", "encoder.1.attention.query", "linear"});
  EXPECT_EQ(sites.out.find("ffn"), std::string::npos);
  expect_says(run({"show", "plan", world.path("run")}).out, {"lora", "rank 4"});
  const Outcome recipe = run({"show", "recipe", "--method", "lora", "--set", "train.clip=0.25"});
  expect_says(recipe.out, {"clip = 0.25", "kind = \"lora\""});
  const support::TemporaryFolder folder;
  const fs::path again = folder.write("again.toml", recipe.out);
  EXPECT_EQ(run({"show", "recipe", again.string()}).out, recipe.out);
}

TEST(Doctor, NamesTheMachine) {
  const Outcome said = run({"doctor"});
  ASSERT_EQ(said.code, 0) << said.err;
  expect_says(said.out, {"libtorch", "threads", "GFLOP/s", "bf16"});
}

TEST(Completion, IsAcceptedByTheShells) {
  const support::TemporaryFolder folder;
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const Outcome said = run({"completion", shell});
    ASSERT_EQ(said.code, 0) << said.err;
    expect_says(said.out, {"train", "learning-rate", "methods"});
    const std::string file = folder.write(shell, said.out).string();
    if (std::system(("command -v " + shell + " > /dev/null 2>&1").c_str()) != 0) continue;
    EXPECT_EQ(std::system((shell + " -n " + file).c_str()), 0) << shell;
  }
  const std::string line = "source " + (folder / "bash").string() +
                           "; COMP_WORDS=(espalier train --ra); COMP_CWORD=2; _espalier; test \"${COMPREPLY[*]}\" = --rank";
  EXPECT_EQ(std::system(("bash -c '" + line + "'").c_str()), 0);
}

}  // namespace
}  // namespace espalier::test
