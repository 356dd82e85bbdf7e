// Prompt and prefix tuning against their equations in plain ATen: what they add is seen by attention alone.
#include "espalier/peft/prompt.h"

#include <gtest/gtest.h>

#include "espalier/peft/prefix.h"
#include "tests/support/files.h"
#include "tests/support/plain_bert.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

using support::apart;
using support::logits_of;

constexpr double kRounding = 1e-10;  // double, sums of some dozen terms near 1 through two layers

Prompt& add_prompt(Model& model, PromptOptions options) {
  return dynamic_cast<Prompt&>(model.attach(std::make_unique<Prompt>(options), 1));
}
Prefix& add_prefix(Model& model, PrefixOptions options) {
  return dynamic_cast<Prefix&>(model.attach(std::make_unique<Prefix>(options), 1));
}

TEST(Prompt, StandsInFrontAfterPositionsAndNorm) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({5, 5, 3, 1});
  add_prompt(*model, {.length = 4});
  support::PlainBert plain(*model, 2, 3);
  plain.embedded = [&](const Tensor& rows) { return at::cat({plain.leaf("prompt/embed.rows"), rows}, 0); };
  plain.first = 4;
  EXPECT_LT(apart(logits_of(*model, batch), plain.logits(batch)), kRounding);
}

TEST(Prompt, TwoStandBehindEachOther) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({5, 3, 3});
  add_prompt(*model, {.name = "inner", .length = 2});
  add_prompt(*model, {.name = "outer", .length = 3});
  support::PlainBert plain(*model, 2, 3);
  plain.embedded = [&](const Tensor& rows) {
    return at::cat({plain.leaf("outer/embed.rows"), plain.leaf("inner/embed.rows"), rows}, 0);
  };
  plain.first = 5;
  EXPECT_LT(apart(logits_of(*model, batch), plain.logits(batch)), kRounding);
}

TEST(Prompt, HeadsSeeTheTextsRowsAlone) {
  for (const HeadOptions& head :
       {HeadOptions{.kind = HeadKind::tokens, .labels = {"a", "b"}}, HeadOptions{.kind = HeadKind::masked_lm}, HeadOptions{}}) {
    const auto model = support::tiny_bert(head);
    const Batch batch = support::random_batch({5, 2, 2});
    const Tensor before = logits_of(*model, batch);
    add_prompt(*model, {.length = 3});
    const Tensor after = logits_of(*model, batch);
    EXPECT_EQ(after.sizes(), before.sizes());
    EXPECT_FALSE(after.equal(before));
  }
  for (const Pooling pooling : {Pooling::mean, Pooling::max, Pooling::first}) {
    HeadOptions head = support::classes(3);
    head.pooling = pooling;
    const auto model = support::tiny_bert(head);
    add_prompt(*model, {.length = 3});
    const Batch batch = support::random_batch({5, 2, 2});
    // Each example alone has the same answer: what is pooled is its own text.
    const Tensor together = logits_of(*model, batch);
    for (int64_t i = 0; i < 3; ++i) {
      const int64_t start = batch.frame->offsets[size_t(i)], length = batch.frame->length(i);
      Batch one;
      one.frame = make_frame({length});
      one.ids = batch.ids.narrow(0, start, length);
      one.segments = batch.segments.narrow(0, start, length);
      one.examples = {0};
      EXPECT_LT(apart(logits_of(*model, one)[0], together[i]), kRounding) << int(pooling);
      Pass pass;
      EXPECT_EQ(model->encode(one, pass).size(0), length);
    }
  }
}

TEST(Prompt, BeginsWhereItIsTold) {
  const auto model = support::tiny_bert(support::classes(3));
  const Tensor table = model->parameter_at("embed.token.weight").leaf();
  EXPECT_TRUE(add_prompt(*model, {.name = "a", .length = 3, .init = "ids", .ids = {7, 2}})
                  .rows()
                  .leaf()
                  .equal(table.index_select(0, at::tensor({7, 2, 7}, at::kLong))));
  const Tensor drawn = add_prompt(*model, {.name = "b", .length = 3, .init = "vocabulary"}).rows().leaf();
  for (int64_t i = 0; i < 3; ++i) EXPECT_TRUE((table - drawn[i]).abs().sum(1).eq(0).any().item<bool>());
  EXPECT_LE(add_prompt(*model, {.name = "c", .range = 0.25}).rows().leaf().abs().max().item<double>(), 0.25);
  support::expect_error(ErrorKind::usage, [&] { add_prompt(*model, {.name = "d", .init = "ids", .ids = {30}}); }, {"'d'", "30"});
  support::expect_error(ErrorKind::usage, [&] { add_prompt(*model, {.name = "d", .init = "ids"}); }, {"'d'", "0 ids"});
  support::expect_error(ErrorKind::usage, [&] { add_prompt(*model, {.name = "d", .ids = {1}}); }, {"'d'", "uniform"});
}

TEST(Prefix, StandsInFrontOfKeysAndValues) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({5, 5, 3, 1});
  add_prefix(*model, {.length = 3, .bottleneck = 0});
  support::PlainBert plain(*model, 2, 3);
  plain.keys = [&](const std::string& branch, Tensor& key, Tensor& value) {
    key = at::cat({plain.leaf("prefix/" + branch + ".key"), key}, 0);
    value = at::cat({plain.leaf("prefix/" + branch + ".value"), value}, 0);
  };
  EXPECT_LT(apart(logits_of(*model, batch), plain.logits(batch)), kRounding);
}

TEST(Prefix, ComesFromASmallNetworkThatFoldsAway) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({5, 5, 3, 1});
  Prefix& prefix = add_prefix(*model, {.length = 3, .bottleneck = 5});
  EXPECT_EQ(prefix.expected_size(*model), 3 * 12 + 5 * 13 + 2 * 24 * 6);
  support::scramble(prefix);
  support::PlainBert plain(*model, 2, 3);
  plain.keys = [&](const std::string& branch, Tensor& key, Tensor& value) {
    const Tensor hidden = at::tanh(plain.affine(plain.leaf("prefix/source.rows"), "prefix/source.down"));
    const Tensor both = plain.affine(hidden, "prefix/" + branch + ".up");
    key = at::cat({both.narrow(1, 0, 12), key}, 0);
    value = at::cat({both.narrow(1, 12, 12), value}, 0);
  };
  const Tensor forward = logits_of(*model, batch);
  EXPECT_LT(apart(forward, plain.logits(batch)), kRounding);

  prefix.fold();
  EXPECT_LT(apart(logits_of(*model, batch), forward), 1e-12);  // the same numbers, made once
  int64_t count = 0;
  for (const Parameter* p : prefix.parameters()) count += p->size();
  EXPECT_EQ(count, 2 * 2 * 3 * 12);
  EXPECT_EQ(prefix.expected_size(*model), count);
  EXPECT_EQ(prefix.options().find("bottleneck")->text(), "0");
  prefix.fold();
  EXPECT_EQ(prefix.parameters().size(), 4u);
}

TEST(Prefix, PlacesThatAreNoAttentionAreRefused) {
  const auto model = support::tiny_bert(support::classes(3));
  support::expect_error(ErrorKind::usage, [&] { add_prefix(*model, {.sites = "encoder.*.ffn"}); },
                        {"encoder.0.ffn", "not an attention"});
}

}  // namespace
}  // namespace espalier
