#include "espalier/recipe/plan.h"

#include "espalier/base/text.h"
#include "espalier/recipe/session.h"
#include "tests/recipe/tiny_run.h"
#include "tests/support/tiny_families.h"

namespace espalier::test {
namespace {

TEST(Plan, ReadsAsPeopleDo) {
  const TinyWorld world;
  const Plan plan = world.plan("lora", "epochs = 2\nprecision = \"fp32\"");
  const std::string dev = read_file(world.folder / "dev.tsv");
  const size_t warm = split(replace_all(dev, "\twarm\n", "\x01"), '\x01').size() - 1;
  EXPECT_EQ(std::max(warm, 64 - warm), 39U);  // 60.9 % of 64
  std::string text = plan.text();
  text = replace_all(text, plan.recipe.model.from, "MODEL");
  text = replace_all(text, plan.facts.model_sha256.substr(0, 12), "HASH");
  // LoRA of rank 8 on 6 linear layers in each of 2 blocks: 8 (4 (32 + 32) + 2 (32 + 48)) each; head 2 · 32 + 2.
  // Base: 25 · 32 + 24 · 32 + 2 · 32 + 64 embeddings; 2 blocks of 4 (32² + 32) + 2 · 64 + 2 · 32 · 48 + 48 + 32; pooler 32² + 32.
  // Memory: 4 · 17,826 for weights, 16 · 6,722 for what trains, 4 · 384 rows · 2 blocks · (8 · 32 + 2 · 48) for activations.
  EXPECT_EQ(text,
            "model     MODEL (bert, 17,826 parameters, sha256 HASH…)\n"
            "task      classify, 2 classes; text words, label side; best by macro_f1\n"
            "data      train 256, dev 64; the largest class is 60.9 % of dev\n"
            "method    lora: rank 8, alpha 16, dropout 0; 12 sites: *.*.{attention,cross}.{query,key,value,output}, "
            "*.*.ffn.{up,gate,down}\n"
            "trains    6,722 numbers, 37.7 % of the model's 17,826 (method 6,656, head 66)\n"
            "texts     at most 24 tokens, longer ones: cut; pooling mean\n"
            "steps     32 = 2 epochs of 16, 16 examples each\n"
            "optimizer adamw at 0.0005, decay 0; linear schedule, warm-up 2 steps, clip 1\n"
            "precision fp32: as asked\n"
            "memory    about 1.3 MB at most\n"
            "seed      1\n");
}

TEST(Plan, AModelOfPicturesIsRefusedByName) {
  const TinyWorld world;
  MemoryLog log;
  auto model = make_model(support::tiny_family("vit"), "tiny");
  model->set_head(make_head(*model, support::classes(2)));
  initialize(*model, at::kFloat, 1);
  save_model(*model, world.folder / "model", fs::path(), log);
  const auto refused = [](const std::function<void()>& run) {
    support::expect_error(ErrorKind::unsupported, run, {"a vit reads pictures", "the commands read rows of text"});
  };
  refused([&] { world.plan("lora"); });
  refused([&] { open_model((world.folder / "model").string(), fs::path(), {}, log); });
}

TEST(Plan, StoredAndReadIsTheSame) {
  const TinyWorld world;
  for (const char* method : {"lora", "full", "linear_probe", "bag_of_words"}) {
    const Plan plan = world.plan(method);
    const Plan back = read_plan(parse_toml(plan.toml(), "plan.toml"));
    EXPECT_EQ(back.toml(), plan.toml());
    EXPECT_EQ(back.id(), plan.id());
    EXPECT_EQ(back.text(), plan.text());
  }
}

TEST(Plan, IdKnowsWhatIsComputedAndNotWhere) {
  const TinyWorld one, two;
  const std::string kFixed = "precision = \"fp32\"\n";  // auto measures, and a busy machine may measure differently
  EXPECT_EQ(one.plan("lora", kFixed).id(), two.plan("lora", kFixed).id());
  EXPECT_NE(one.plan("lora", kFixed).id(), one.plan("lora", kFixed + "epochs = 4").id());
  EXPECT_NE(one.plan("lora", kFixed).id(), one.plan("bitfit", kFixed).id());
}

TEST(Plan, EpochsReachSixHundredSteps) {
  const TinyWorld world;
  const Plan plan = world.plan("lora");
  EXPECT_EQ(plan.facts.steps_per_epoch, 16);
  EXPECT_EQ(plan.facts.epochs, 20);  // 38 would reach 600, 20 is the most
  EXPECT_NE(plan.text().find("at most 20"), std::string::npos);
}

TEST(Plan, HeldOutRowsAreSaidAloud) {
  const TinyWorld world;
  Recipe recipe = world.recipe("lora");
  recipe.data.dev = "";
  MemoryLog log;
  const Plan plan = resolve(recipe, log);
  EXPECT_TRUE(plan.facts.held_out);
  EXPECT_EQ(plan.facts.train_rows + plan.facts.dev_rows, 256);
  EXPECT_NE(plan.text().find("held out of it"), std::string::npos);
}

TEST(Plan, ObjectivesAndPatternsAreChecked) {
  const TinyWorld world;
  MemoryLog log;
  Recipe recipe = world.recipe("lora");
  recipe.objective = {Value::Object{{"kind", "cross_entropy"}, {"class_weights", "balanced"}}};
  const Plan plan = resolve(recipe, log);
  EXPECT_EQ(plan.recipe.objective[0].find("class_weights")->as_array()->size(), 2U);
  recipe.objective = {Value::Object{{"kind", "mse"}}};
  expect_error(ErrorKind::usage, [&] { resolve(recipe, log); }, {"trained by cross_entropy"});
  recipe = world.recipe("lora");
  recipe.train.train = {"encoder.*.nothing"};
  expect_error(ErrorKind::usage, [&] { resolve(recipe, log); }, {"encoder.*.nothing", "matches no parameter"});
  recipe = world.recipe("lora");
  recipe.method = {Value::Object{{"kind", "lora"}, {"sites", "decoder.**"}}};
  expect_error(ErrorKind::usage, [&] { resolve(recipe, log); }, {"decoder.**"});
  recipe = world.recipe("lora");
  recipe.model.from = "";
  expect_error(ErrorKind::usage, [&] { resolve(recipe, log); }, {"--model"});
}

}  // namespace
}  // namespace espalier::test
