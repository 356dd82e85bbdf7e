// Wrong use: exit 2, one block on standard error that names what was found and what to try, nothing on standard output.
#include "tests/cli/world.h"

namespace espalier::test {
namespace {

void expect_usage(const std::vector<std::string>& arguments, std::initializer_list<std::string_view> pieces, int code = 2) {
  const Outcome said = run(arguments);
  EXPECT_EQ(said.code, code) << said.err;
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(said.err.rfind("espalier: ", 0), 0U) << said.err;
  expect_says(said.err, pieces);
}

TEST(Usage, UnknownVerbsAndFlagsNameTheNearest) {
  expect_usage({"trian"}, {"'trian' is unknown", "did you mean 'train'"});
  expect_usage({"train", "--epoch", "3"}, {"no flag --epoch", "did you mean '--epochs'"});
  expect_usage({"list", "method"}, {"'method' is unknown", "did you mean 'methods'"});
  expect_usage({"list", "methods", "lara"}, {"method 'lara' is unknown", "did you mean 'lora'"});
  expect_usage({"doctor", "now"}, {"cannot use 'now'"});
}

TEST(Usage, NothingIsHelp) {
  const Outcome said = run({});
  EXPECT_EQ(said.code, 2);
  expect_says(said.err, {"train", "predict", "doctor"});
  const Outcome help = run({"train", "--help"});
  EXPECT_EQ(help.code, 0);
  expect_says(help.out, {"--learning-rate", "--seeds", "--resume"});
  EXPECT_EQ(run({"--version"}).out.rfind("espalier ", 0), 0U);
}

TEST(Usage, MissingPieces) {
  const World& world = World::shared();
  expect_usage({"train"}, {"nothing says what to train"});
  expect_usage({"train", "--model", world.path("model"), "--data", world.path("train.tsv")}, {"--out FOLDER"});
  expect_usage({"predict"}, {"no run and no model"});
  expect_usage({"predict", world.path("model"), world.path("new.csv")}, {"head"});
  expect_usage({"train", "--resume", world.path("nowhere")}, {"nowhere"});
  expect_usage({"train", "--resume", world.path("run"), "--epochs", "4"}, {"other settings", "train.epochs: 2 -> 4"});
}

TEST(Usage, FilesInTheWrongPlace) {
  const World& world = World::shared();
  expect_usage({"predict", world.path("run"), world.path("no.csv")}, {"no.csv"}, 1);
  expect_usage({"predict", world.path("train.tsv"), world.path("new.csv")}, {"train.tsv"});
  expect_usage({"train", world.path("model"), "--out", world.path("x")}, {"is a folder", "--model"});
  std::vector<std::string> line = world.train(world.path("x"));
  line[4] = world.path("none.tsv");
  EXPECT_NE(run(line).code, 0);
  expect_says(run(line).err, {"none.tsv"});
  const Outcome inside = run(world.train(world.path("train.tsv") + "/x"));
  EXPECT_EQ(inside.code, 1);
  expect_says(inside.err, {"train.tsv' is a file"});
}

TEST(Usage, ARecipeIsCheckedWithItsLines) {
  const World& world = World::shared();
  const support::TemporaryFolder folder;
  const fs::path recipe = folder.write("bad.toml", "[[method]]\nkind = \"lora\"\nrnk = 4\n[train]\nepochs = \"many\"\n");
  expect_usage({"train", recipe.string(), "--out", world.path("x")}, {"bad.toml:3", "rnk", "rank", "bad.toml:5", "epochs"});
  expect_usage(world.train(world.path("x"), {"--method", "lora", "--set", "train.clap=1"}), {"train.clap", "clip"});
  std::vector<std::string> line = world.train(world.path("x"));
  line[14] = "many";
  expect_usage(line, {"--epochs", "many", "integer"});
  expect_usage(world.train(world.path("x"), {"--task", "tolkens"}), {"tokens"});
}

TEST(Usage, ARunIsNotWrittenOver) {
  const World& world = World::shared();
  EXPECT_EQ(world.trained().code, 0) << world.trained().err;
  expect_says(run(world.train(world.path("run"))).err, {"not empty", "--overwrite"});
}

}  // namespace
}  // namespace espalier::test
