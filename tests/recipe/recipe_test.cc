#include "espalier/recipe/recipe.h"

#include <gtest/gtest.h>

#include "espalier/peft/catalogue.h"
#include "espalier/recipe/prune.h"
#include "espalier/recipe/sweep.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;

Recipe read(const std::string& text) { return read_recipe(parse_toml(text, "r.toml")); }

TEST(Recipe, NothingIsOneLora) {
  const Recipe recipe = read("");
  ASSERT_EQ(recipe.method.size(), 1U);
  EXPECT_EQ(*recipe.method[0].find("kind")->as_string(), "lora");
  EXPECT_EQ(recipe.seed, 1);
  EXPECT_TRUE(recipe.data.by_length);
  EXPECT_EQ(recipe.data.batch, 32);
}

TEST(Recipe, AllProblemsAtOnceWithPlaces) {
  const std::string text =
      expect_error(ErrorKind::usage,
                   [] {
                     read(
                         "sead = 3\n[data]\nbatch = 0\n[[method]]\nkind = \"lora\"\nrnak = 4\n[[method]]\nkind = \"lorra\"\n"
                         "[train]\noptimizer = { kind = \"adam\" }\nschedule = { warmup = \"six\" }\n");
                   },
                   {"r.toml:1: ", "'seed'", "r.toml:3: data.batch = 0", "at least 1", "r.toml:6: ", "'rank'",
                    "r.toml:8: ", "'lora'", "r.toml:10: ", "'adamw'", "'six' is no warm-up"});
  EXPECT_NE(text.find("problems"), std::string::npos);
}

TEST(Recipe, SettingsCountBeforeChecks) {
  const support::TemporaryFolder folder;
  const fs::path path = folder.write("r.toml", "seed = 1\n[[method]]\nkind = \"lora\"\n");
  const std::vector<Setting> settings{parse_setting("method[0].rank=4"), parse_setting("seed=7")};
  const Recipe recipe = load_recipe(path, settings);
  EXPECT_EQ(recipe.seed, 7);
  EXPECT_EQ(*recipe.method[0].find("rank")->as_int(), 4);
  const std::vector<Setting> broken{parse_setting("train.epochs=-1")};
  expect_error(ErrorKind::usage, [&] { load_recipe(path, broken); }, {"--set train.epochs", "at least 0"});
}

TEST(Recipe, LaterVersionsAreNamed) {
  expect_error(ErrorKind::unsupported, [] { read("[[quantize]]\nbits = 8\n[[stage]]\n"); },
               {"r.toml:1: [[quantize]]", "r.toml:3: [[stage]]"});
}

TEST(Recipe, MasksAreCheckedBeforeAnythingIsOpened) {
  const Recipe recipe = read("[[method]]\nkind = \"adapter\"\n[[prune]]\nscore = \"snip\"\nkeep = 0.4\n");
  ASSERT_EQ(recipe.prune.size(), 1u);
  const Value resolved = resolve_prune(recipe.prune[0], "prune[0]");
  EXPECT_DOUBLE_EQ(*resolved.find("prune_fraction")->as_double(), 0.6);
  EXPECT_EQ(*resolved.find("scope")->as_string(), "global");
  expect_error(ErrorKind::usage, [] { read("[[prune]]\nscore = \"snap\"\nprune_fraction = 1.0\n"); },
               {"r.toml:2", "prune[0].score", "r.toml:3", "prune[0].prune_fraction"});
  expect_error(ErrorKind::usage, [] { read("[[prune]]\nwiden = 2\nkeep = 0.5\n"); }, {"prune[0]", "1 / 2"});
  expect_error(ErrorKind::usage, [] { read("[[method]]\nkind = \"bag_of_words\"\n[[prune]]\nkeep = 0.5\n"); },
               {"bag_of_words is fitted", "r.toml:3"});
}

TEST(Recipe, AWidenedMethodHoldsAsManyNumbersAfterItsMask) {
  Recipe recipe = read(
      "[[method]]\nkind = \"adapter\"\nwidth = 8\n[[method]]\nkind = \"lora\"\nrank = 4\nalpha = 8\n"
      "[[prune]]\nwiden = 4\non = \"adapter/**.{down,up}.weight\"\n[[prune]]\nname = \"second\"\nwiden = 2\non = \"lora/**\"\n");
  for (Value& method : recipe.method) method = resolve_method(method, "method");
  widen_methods(recipe);
  EXPECT_EQ(*recipe.method[0].find("width")->as_int(), 32);
  EXPECT_EQ(*recipe.method[1].find("rank")->as_int(), 8);
  EXPECT_DOUBLE_EQ(*recipe.method[1].find("alpha")->as_double(), 16);
  EXPECT_DOUBLE_EQ(*resolve_prune(recipe.prune[0], "prune").find("prune_fraction")->as_double(), 0.75);
  recipe.prune[0].set("on", "other/**");
  expect_error(ErrorKind::usage, [&] { widen_methods(recipe); }, {"other/**", "no method"});
}

TEST(Recipe, CallbacksFoldIntoTraining) {
  const Recipe recipe = read(
      "callback = [{ kind = \"evaluate\", every = 50 }, { kind = \"save\", every = 25, keep = 1 }, { kind = \"stop\", patience = "
      "3 }]\n");
  EXPECT_EQ(recipe.train.evaluate_every, 50);
  EXPECT_EQ(recipe.train.checkpoint_every, 25);
  EXPECT_EQ(recipe.train.keep, 1);
  EXPECT_EQ(recipe.train.patience, 3);
  expect_error(ErrorKind::usage, [] { read("[[callback]]\nkind = \"stop\"\n"); }, {"callback[0].patience is missing"});
  expect_error(ErrorKind::usage, [] { read("[[callback]]\nkind = \"rewind\"\n"); }, {"r.toml:2", "evaluate, save"});
}

TEST(Recipe, CallbacksOfTheirOwnStay) {
  const Recipe recipe = read("[[callback]]\nkind = \"stop\"\npatience = 2\n[[callback]]\nkind = \"spike\"\nwindow = 20\n");
  EXPECT_EQ(recipe.train.patience, 2);
  ASSERT_EQ(recipe.callback.size(), 1U);
  EXPECT_EQ(*recipe.callback[0].find("window")->as_int(), 20);
  expect_error(ErrorKind::usage, [] { read("callback = [{ kind = \"spike\" }, { kind = \"spike\" }]\n"); },
               {"callback[1].kind", "already"});
  expect_error(ErrorKind::usage, [] { read("callback = [{ kind = \"spike\", window = 1 }]\n"); }, {"callback[0].window", "10"});
  expect_error(ErrorKind::usage, [] { read("[train]\non_nonfinite = \"skip\"\n"); }, {"train.on_nonfinite", "skip:N"});
}

TEST(Recipe, TheHeadSaysTheKindOfTask) {
  EXPECT_EQ(read("[model]\nhead = \"multi_label\"\n").data.kind, "multi_label");
  expect_error(ErrorKind::usage, [] { read("[model]\nhead = \"tokens\"\n[data]\nkind = \"classify\"\n"); },
               {"model.head = \"tokens\"", "data.kind = \"classify\""});
}

TEST(Recipe, FittedMethodsStandAlone) {
  expect_error(ErrorKind::usage, [] { read("method = [{ kind = \"lora\" }, { kind = \"bag_of_words\" }]\n"); },
               {"method[1].kind"});
  expect_error(ErrorKind::usage, [] { read("method = [{ kind = \"lora\" }, { kind = \"lora\" }]\n"); }, {"method[1].name"});
}

TEST(Recipe, MethodsAreThoseOfTheCatalogueAndTheControlRow) {
  const std::vector<MethodEntry> entries = method_entries();
  ASSERT_EQ(entries.size(), methods().entries().size() + 1);
  EXPECT_EQ(entries.back().name, "bag_of_words");
  for (const MethodEntry& entry : entries) {
    const Value resolved = resolve_method(Value::Object{{"kind", entry.name}}, "method[0]");
    EXPECT_EQ(resolved.as_object()->size(), entry.options.size() + 1) << entry.name;
    EXPECT_TRUE(resolve_method(resolved, "method[0]") == resolved) << entry.name;
  }
}

TEST(Recipe, ThoseOfTheProjectCanBeRead) {
  int64_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(ESPALIER_TESTS_DIR) / ".." / "recipes")) {
    if (entry.path().extension() != ".toml") continue;
    const Value tree = read_toml(entry.path());
    const bool sweep = tree.find("sweep") != nullptr;
    EXPECT_NO_THROW(sweep ? (void)read_sweep(tree) : (void)load_recipe(entry.path())) << entry.path();
    EXPECT_TRUE(read_file(entry.path()).starts_with(sweep ? "# espalier sweep recipes/" : "# espalier train recipes/"))
        << entry.path();
    ++count;
  }
  EXPECT_GE(count, 8);
}

TEST(Recipe, RatesOfMethods) {
  EXPECT_EQ(default_learning_rate("lora", 384), 5e-4);
  EXPECT_EQ(default_learning_rate("full", 384), 1e-4);
  EXPECT_EQ(default_learning_rate("full", 768), 3e-5);
  EXPECT_EQ(default_learning_rate("bitfit", 768), 1e-3);
  EXPECT_EQ(default_learning_rate("fact", 768), 1e-3);
  EXPECT_EQ(default_learning_rate("dsee", 768), 2e-4);
  EXPECT_EQ(default_learning_rate("intrinsic", 768), 3e-2);
}

}  // namespace
}  // namespace espalier
