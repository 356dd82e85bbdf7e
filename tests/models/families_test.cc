// What the relatives of BERT have of their own: positions, segments, shared blocks, projections, heads, and their settings.
#include <gtest/gtest.h>

#include <map>

#include "espalier/models/catalogue.h"
#include "espalier/models/heads.h"
#include "tests/support/files.h"
#include "tests/support/refused_setting.h"
#include "tests/support/tiny_families.h"

namespace espalier {
namespace {

using support::classes;
using support::tiny_family;
using support::tiny_model;

Tensor output(Model& model, const Batch& batch) {
  at::NoGradGuard no_gradient;
  Pass pass;
  return model(batch, pass);
}

/// The paths of the blocks as they run.
std::vector<std::string> runs(Model& model, Pass& pass) {
  std::vector<std::string> paths;
  std::vector<Hook> taps;
  for (Site* site : model.sites("encoder.*")) {
    if (site->unit() != Unit::block) continue;
    taps.push_back(site->wrap(WrapOrder::tap, "test", [&paths, site](const Tensor& x, Next next, Pass&) {
      paths.push_back(site->path());
      return next(x);
    }));
  }
  model(support::random_batch({3, 2}), pass);
  return paths;
}

TEST(Roberta, PositionsBeginBehindThePaddingsRow) {
  nlohmann::json config = tiny_family("roberta");
  config["pad_token_id"] = 3;
  const auto model = tiny_model(classes(3), config);
  EXPECT_EQ(model->facts().positions, 12);  // of 16 rows
  const Batch batch = support::random_batch({5, 2});
  const Tensor before = output(*model, batch);
  Parameter& table = model->parameter_at("embed.position.weight");
  const auto changed = [&](int64_t row) {
    const Tensor kept = table.leaf().clone();
    table.leaf().select(0, row).add_(1);
    const bool other = !output(*model, batch).equal(before);
    table.set(kept);
    return other;
  };
  for (int64_t row = 0; row < 16; ++row) EXPECT_EQ(changed(row), row >= 4 && row < 9) << row;
}

TEST(TextEmbeddings, ASingleSegmentIsThatOfAllRows) {
  for (const char* family : {"bert", "roberta", "electra", "albert"}) {
    nlohmann::json config = tiny_family(family);
    config["type_vocab_size"] = 1;
    const auto model = tiny_model(classes(3), config);
    Batch batch = support::random_batch({5, 2});
    batch.segments = at::ones_like(batch.ids);
    const Tensor of_ones = output(*model, batch);
    batch.segments = at::zeros_like(batch.ids);
    EXPECT_TRUE(output(*model, batch).equal(of_ones)) << family;
  }
}

TEST(DistilBert, ReadsNoSegments) {
  const auto model = tiny_model(classes(3), tiny_family("distilbert"));
  Batch batch = support::random_batch({5, 2});
  const Tensor before = output(*model, batch);
  batch.segments = Tensor();
  EXPECT_TRUE(output(*model, batch).equal(before));
}

TEST(Electra, ProjectsWhereWidthsDiffer) {
  nlohmann::json config = tiny_family("electra");
  EXPECT_EQ(tiny_model({}, config)->parameter_at("embed.project.weight").shape(), (std::vector<int64_t>{12, 8}));
  config["embedding_size"] = 12;
  const auto model = tiny_model({}, config);
  for (const Site* site : model->all_sites()) EXPECT_NE(site->path(), "embed.project");
}

TEST(Albert, ABlockRunsForItsWholeGroup) {
  nlohmann::json config = tiny_family("albert");
  config["num_hidden_layers"] = 5;
  config["inner_group_num"] = 2;
  const auto model = tiny_model({}, config);
  EXPECT_EQ(model->facts().layers, 10);
  const std::vector<std::string> first{"encoder.0", "encoder.1"}, second{"encoder.2", "encoder.3"};
  std::vector<std::string> expected;
  for (const auto& group : {first, first, first, second, second}) expected.insert(expected.end(), group.begin(), group.end());
  Pass pass;
  EXPECT_EQ(runs(*model, pass), expected);
}

TEST(Albert, ASharedBlockGivesFirstRowsInItsLastRunAlone) {
  nlohmann::json config = tiny_family("albert");
  config["num_hidden_groups"] = 1;
  const auto model = tiny_model(classes(3), config);
  const Batch batch = support::random_batch({6, 4, 4, 1});
  std::vector<int64_t> rows;  // of the feed-forward's last linear, which any number of rows suits
  {
    const Hook tap = model->site_at("encoder.0.ffn.down").wrap(WrapOrder::tap, "test", [&](const Tensor& x, Next next, Pass&) {
      rows.push_back(x.size(0));
      return next(x);
    });
    output(*model, batch);
  }
  EXPECT_EQ(rows, (std::vector<int64_t>{15, 15, 4}));
  const Tensor short_way = output(*model, batch);
  const Hook reader =
      model->site_at("encoder").wrap(WrapOrder::tap, "test", [](const Tensor& x, Next next, Pass&) { return next(x); });
  // Double: products over another number of rows may sum in another order.
  EXPECT_LT((output(*model, batch) - short_way).abs().max().item<double>(), 1e-12);
}

TEST(Albert, DropsOtherNumbersInEachRun) {
  nlohmann::json config = tiny_family("albert");
  config["num_hidden_groups"] = 1;
  const auto model = tiny_model(classes(3), config);
  std::vector<Tensor> kept;
  const Hook tap =
      model->site_at("encoder.0.attention.drop").wrap(WrapOrder::tap, "test", [&](const Tensor& x, Next next, Pass&) {
        Tensor y = next(x);
        kept.push_back(y.ne(0));
        return y;
      });
  Pass pass;
  pass.train = true;
  (*model)(support::random_batch({6, 6}), pass);
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_FALSE(kept[0].equal(kept[1]));
}

TEST(SequenceHead, HasTheFamilysDenseLayerUnderItsOwnPooling) {
  const std::map<std::string, int> drops = {{"bert", 1}, {"albert", 1}, {"distilbert", 1}, {"roberta", 2}, {"electra", 2}};
  for (const auto& [family, expected] : drops) {
    SCOPED_TRACE(family);
    const auto model = tiny_model(classes(3), tiny_family(family));
    auto* head = dynamic_cast<SequenceHead*>(model->head());
    ASSERT_NE(head, nullptr);
    EXPECT_EQ(head->dense != nullptr, family != "bert" && family != "albert");
    EXPECT_EQ(head->reads_pooler(), head->dense == nullptr);
    int calls = 0;
    const Hook tap = head->drop.site.wrap(WrapOrder::tap, "test", [&](const Tensor& x, Next next, Pass&) {
      ++calls;
      return next(x);
    });
    output(*model, support::random_batch({3, 2}));
    EXPECT_EQ(calls, expected);
    HeadOptions mean = classes(3);
    mean.pooling = Pooling::mean;
    EXPECT_FALSE(dynamic_cast<SequenceHead&>(*tiny_model(mean, tiny_family(family))->head()).dense);
  }
}

TEST(DistilBert, EachHeadHasItsOwnDropout) {
  nlohmann::json config = tiny_family("distilbert");
  config["dropout"] = 0.3;
  config["seq_classif_dropout"] = 0.4;
  EXPECT_EQ(tiny_model(classes(3), config)->head()->options().drop, 0.4);
  EXPECT_EQ(tiny_model({.kind = HeadKind::tokens, .labels = {"a", "b"}}, config)->head()->options().drop, 0.3);
}

TEST(Families, SettingsThatCannotBeBuiltAreRefused) {
  const auto refused = support::expect_refused_setting;
  refused("roberta", "pad_token_id", 15, {"\"max_position_embeddings\" is 16; expected more than 16"});
  refused("roberta", "pad_token_id", -1, {"\"pad_token_id\" is -1; expected at least 0"});
  refused("roberta", "is_decoder", true, {"only encoders"});
  refused("distilbert", "n_heads", 5, {"\"dim\" 12 is not a multiple of \"n_heads\" 5"});
  refused("distilbert", "seq_classif_dropout", 1.5, {"\"seq_classif_dropout\" is 1.5"});
  refused("electra", "embedding_size", 0, {"\"embedding_size\" is 0; expected at least 1"});
  refused("electra", "position_embedding_type", "relative_key", {"only 'absolute' is supported"});
  refused("albert", "num_hidden_groups", 4, {"\"num_hidden_groups\" is 4; expected at most \"num_hidden_layers\" 3"});
  for (const auto& [family, what] : std::map<std::string, std::string_view>{{"roberta", "a RoBERTa"},
                                                                            {"distilbert", "a DistilBERT"},
                                                                            {"electra", "an ELECTRA"},
                                                                            {"albert", "an ALBERT"},
                                                                            {"vit", "a ViT"}}) {
    nlohmann::json config = tiny_family(family);
    config[family == "distilbert" ? "hidden_dim" : "intermediate_size"] = 0;
    config[family == "distilbert" ? "n_heads" : "num_attention_heads"] = 5;
    support::expect_error(ErrorKind::data, [&] { make_model(config, "config.json"); }, {what, "cannot be built (2 problems)"});
  }
  refused("albert", "inner_group_num", 0, {"\"inner_group_num\" is 0; expected at least 1"});
}

/// Any family, at the site that holds its blocks.
const char* stack_of(const Model& model) { return model.facts().causal ? "decoder" : "encoder"; }

TEST(Families, FirstRowsAloneGiveTheNumbersOfAll) {
  for (const Family& family : families()) {
    SCOPED_TRACE(family.name);
    HeadOptions head = classes(3);
    head.pooling = Pooling::first;
    const auto model = tiny_model(head, tiny_family(family.name));
    const Batch batch = support::random_batch({6, 4, 4, 1});
    int64_t last = 0;  // rows of the last map
    const std::string down = family.name == "albert" ? "encoder.1.ffn.down" : std::string(stack_of(*model)) + ".1.ffn.down";
    const Hook tap = model->site_at(down).wrap(WrapOrder::tap, "test", [&](const Tensor& x, Next next, Pass&) {
      last = x.size(0);
      return next(x);
    });
    for (Parameter* p : model->base_parameters()) p->train(true);
    const auto gradients = [&] {
      Pass pass;
      torch::autograd::backward({at::cross_entropy_loss((*model)(batch, pass), batch.classes)}, {});
      std::vector<Tensor> all;
      for (Parameter* p : model->base_parameters()) {
        all.push_back(p->leaf().grad().defined() ? p->leaf().grad().clone() : Tensor());
        p->leaf().mutable_grad().reset();
      }
      return all;
    };
    const Tensor short_way = output(*model, batch);
    const std::vector<Tensor> short_gradients = gradients();
    if (!model->facts().causal && !model->facts().decoder) {
      EXPECT_EQ(last, 4) << "one row an example";
    }
    const Hook reader = model->site_at(stack_of(*model)).wrap(WrapOrder::tap, "reader", [](const Tensor& x, Next next, Pass&) {
      return next(x);
    });
    // Double: products over another number of rows may sum in another order.
    EXPECT_LT((output(*model, batch) - short_way).abs().max().item<double>(), 1e-12);
    EXPECT_GT(last, 4);
    const std::vector<Tensor> long_gradients = gradients();
    for (size_t i = 0; i < long_gradients.size(); ++i) {
      ASSERT_EQ(long_gradients[i].defined(), short_gradients[i].defined()) << model->base_parameters()[i]->path();
      if (!long_gradients[i].defined()) continue;
      EXPECT_LT((long_gradients[i] - short_gradients[i]).abs().max().item<double>(), 1e-12)
          << model->base_parameters()[i]->path();
    }
  }
}

TEST(Families, FactsSayWhatIsRun) {
  for (const char* family : {"bert", "roberta", "distilbert", "electra", "albert"}) {
    const auto model = make_model(tiny_family(family), "tiny");
    EXPECT_EQ(model->facts().layers, std::string(family) == "albert" ? 3 : 2) << family;
    EXPECT_EQ(model->facts().inner, 25) << family;
    EXPECT_EQ(model->facts().width, 12) << family;
  }
}

}  // namespace
}  // namespace espalier
