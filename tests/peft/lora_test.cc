// LoRA's places: several by name, gates on what one adds, any linear site; and options that are refused.
#include "espalier/peft/lora.h"

#include "espalier/models/model.h"
#include "espalier/peft/catalogue.h"
#include "tests/support/files.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

Tensor outputs(Model& model) {
  at::NoGradGuard no_gradient;
  Pass pass;
  return model(support::random_batch({4, 4, 2}), pass);
}

Lora& add(Model& model, const std::string& name, const std::string& sites, int64_t rank = 2) {
  LoraOptions options;
  options.name = name;
  options.sites = sites;
  options.rank = rank;
  auto& lora = dynamic_cast<Lora&>(model.attach(std::make_unique<Lora>(options), 1));
  for (const auto& pair : lora.pairs()) init::normal(pair->up.weight(), 0.3, 9, at::kDouble);
  return lora;
}

double distance(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

TEST(Lora, SeveralStandSideBySideAndSwitchByName) {
  const auto model = support::tiny_bert(support::classes(3));
  const Tensor base = outputs(*model);
  add(*model, "first", "encoder.*.attention.query");
  const Tensor first = outputs(*model);
  add(*model, "second", "encoder.*.attention.{query,value}");
  const Tensor both = outputs(*model);
  model->modifier("second")->enable(false);
  EXPECT_TRUE(outputs(*model).equal(first));
  model->modifier("first")->enable(false);
  EXPECT_TRUE(outputs(*model).equal(base));
  model->modifier("second")->enable(true);
  EXPECT_FALSE(outputs(*model).equal(base));
  model->modifier("first")->enable(true);
  EXPECT_TRUE(outputs(*model).equal(both));
  EXPECT_EQ(model->parameter_at("first/encoder.1.attention.query.down.weight").shape(), (std::vector<int64_t>{2, 12}));
  model->detach("first");
  model->modifier("second")->enable(false);
  EXPECT_TRUE(outputs(*model).equal(base));
}

TEST(Lora, TwoMergeAndUnmergeLastInFirstOut) {
  const auto model = support::tiny_bert(support::classes(3));
  const Tensor leaf = model->parameter_at("encoder.0.attention.query.weight").leaf();
  Lora& first = add(*model, "first", "encoder.*.attention.query");
  Lora& second = add(*model, "second", "encoder.*.attention.query");
  const Tensor both = outputs(*model);
  first.merge(*model);
  second.merge(*model);
  EXPECT_LT(distance(outputs(*model), both), 1e-10);  // (W + B A) x against W x + B A x in double
  support::expect_error(ErrorKind::usage, [&] { first.unmerge(*model); },
                        {"'first' cannot be unmerged", "encoder.0.attention.query"});
  second.unmerge(*model);
  first.unmerge(*model);
  EXPECT_TRUE(model->parameter_at("encoder.0.attention.query.weight").leaf().is_same(leaf));
  EXPECT_TRUE(outputs(*model).equal(both));
}

TEST(Lora, AGateReachesWhatItAddsAlone) {
  const auto model = support::tiny_bert(support::classes(3));
  const Tensor base = outputs(*model);
  Lora& lora = add(*model, "lora", "pooler");
  const Tensor tuned = outputs(*model);
  Site& delta = model->site_at("lora/pooler");
  EXPECT_EQ(delta.unit(), Unit::delta);
  {
    Hook shut = delta.wrap(WrapOrder::gate, "gate", [](const Tensor& x, Next next, Pass&) { return next(x) * 0; });
    EXPECT_TRUE(outputs(*model).equal(base));
    support::expect_error(ErrorKind::unsupported, [&] { lora.merge(*model); }, {"lora/pooler", "'gate'"});
  }
  EXPECT_TRUE(outputs(*model).equal(tuned));
  Hook twice = delta.wrap(WrapOrder::gate, "gate", [](const Tensor& x, Next next, Pass&) { return next(x) * 2; });
  const Tensor doubled = outputs(*model);
  twice.remove();
  for (const auto& pair : lora.pairs()) pair->up.weight().set(pair->up.weight().leaf() * 2);
  EXPECT_LT(distance(outputs(*model), doubled), 1e-12);
}

TEST(Lora, StandsOnAnyLinearPlace) {
  for (const char* site : {"pooler", "head.main.out", "encoder.0.ffn.down", "encoder.1.attention.output"}) {
    const auto model = support::tiny_bert(support::classes(3));
    const Tensor base = outputs(*model);
    Lora& lora = add(*model, "lora", site, 1);
    ASSERT_EQ(lora.pairs().size(), 1u);
    const Tensor tuned = outputs(*model);
    EXPECT_FALSE(tuned.equal(base)) << site;
    lora.merge(*model);
    EXPECT_LT(distance(outputs(*model), tuned), 1e-10) << site;
    model->detach("lora");
    EXPECT_TRUE(outputs(*model).equal(base)) << site;
  }
}

TEST(Lora, OnATiedPlaceRunsButIsNotMerged) {
  const auto model = support::tiny_bert({.kind = HeadKind::masked_lm});
  const Tensor base = outputs(*model);
  Lora& lora = add(*model, "lora", "head.main.vocabulary");
  EXPECT_FALSE(outputs(*model).equal(base));
  support::expect_error(ErrorKind::unsupported, [&] { lora.merge(*model); },
                        {"head.main.vocabulary", "belongs to another place"});
}

TEST(Lora, PatternsGiveSitesTheirOwnRankAndAlpha) {
  const auto model = support::tiny_bert(support::classes(3));
  LoraOptions options;
  options.sites = "encoder.*.attention.{query,value}";
  options.rank = 4;
  options.alpha = 8;
  options.rank_pattern = {{"encoder.1.**", 2}};
  options.alpha_pattern = {{"**.value", 6}};
  Lora lora(options);
  lora.attach(*model, 1);
  std::map<std::string, std::pair<int64_t, double>> seen;
  for (const auto& pair : lora.pairs()) seen[pair->base.path()] = {pair->rank, pair->scale};
  const std::map<std::string, std::pair<int64_t, double>> wanted = {{"encoder.0.attention.query", {4, 2}},
                                                                    {"encoder.0.attention.value", {4, 1.5}},
                                                                    {"encoder.1.attention.query", {2, 4}},
                                                                    {"encoder.1.attention.value", {2, 3}}};
  EXPECT_EQ(seen, wanted);
  EXPECT_EQ(lora.expected_size(*model), 2 * 4 * 24 + 2 * 2 * 24);
}

TEST(Lora, ARankBeyondTheWidthIsAllowed) {
  const auto model = support::tiny_bert(support::classes(3));
  EXPECT_EQ(add(*model, "lora", "pooler", 40).expected_size(*model), 40 * 24);
  outputs(*model);
}

TEST(Lora, OptionsThatCannotBeAreRefused) {
  auto make = [](Value::Object options) {
    options.emplace_back("kind", "lora");
    return [options] { methods().make(options, "method[0]"); };
  };
  support::expect_error(ErrorKind::usage, make({{"rank", 0}}), {"method[0].rank", "0", "at least 1"});
  support::expect_error(ErrorKind::usage, make({{"alpha", 0}}), {"method[0].alpha"});
  support::expect_error(ErrorKind::usage, make({{"dropout", 1.5}}), {"method[0].dropout", "1.5"});
  support::expect_error(ErrorKind::usage, make({{"rnk", 4}}), {"rnk", "rank"});
}

TEST(Lora, SitesThatMatchNothingAreRefusedAndNothingStays) {
  const auto model = support::tiny_bert(support::classes(3));
  const Tensor base = outputs(*model);
  support::expect_error(ErrorKind::usage, [&] { add(*model, "lora", "encoder.*.attention.querry"); },
                        {"querry", "matches no linear"});
  support::expect_error(ErrorKind::usage, [&] { add(*model, "lora", "encoder.*.attention.join.norm"); }, {"matches no linear"});
  EXPECT_TRUE(model->modifiers().empty());
  EXPECT_TRUE(outputs(*model).equal(base));
}

TEST(Lora, DropoutActsInTrainingOnly) {
  const auto model = support::tiny_bert(support::classes(3), [] {
    auto config = support::tiny_config();
    config["hidden_dropout_prob"] = config["attention_probs_dropout_prob"] = 0.0;
    return config;
  }());
  LoraOptions options;
  options.sites = "pooler";
  options.dropout = 0.5;
  auto& lora = dynamic_cast<Lora&>(model->attach(std::make_unique<Lora>(options), 1));
  for (const auto& pair : lora.pairs()) init::normal(pair->up.weight(), 0.3, 9, at::kDouble);
  auto run = [&](bool train, int64_t step) {
    at::NoGradGuard no_gradient;
    Pass pass;
    pass.train = train;
    pass.random.step = step;
    return (*model)(support::random_batch({4, 2}), pass);
  };
  EXPECT_TRUE(run(true, 1).equal(run(true, 1)));
  EXPECT_FALSE(run(true, 1).equal(run(true, 2)));
  EXPECT_FALSE(run(true, 1).equal(run(false, 1)));
  EXPECT_TRUE(run(false, 1).equal(run(false, 2)));
}

}  // namespace
}  // namespace espalier
