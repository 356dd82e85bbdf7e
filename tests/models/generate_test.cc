// Generation: piece for piece what transformers' generate writes, greedily and by beam search; the cache, drawing, refusals.
#include "espalier/models/generate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "espalier/models/generate_scores.h"
#include "tests/support/generate_case.h"
#include "tests/support/oracle_model.h"
#include "tests/support/tiny_families.h"

namespace espalier {
namespace {

class GenerateOracle : public testing::TestWithParam<const char*> {};

TEST_P(GenerateOracle, WritesWhatTransformersWrites) {
  const support::OracleCase c = support::read_case(std::string("generate/") + GetParam());
  const support::TemporaryFolder folder;
  const auto model = support::oracle_model(c, folder, {.kind = HeadKind::causal_lm});
  const auto prompts = c.about.at("prompts").get<std::vector<Ids>>();
  for (const nlohmann::json& run : c.about.at("runs")) {
    const auto expected = run.at("new").get<std::vector<Ids>>();
    EXPECT_EQ(support::new_ids(*model, prompts, support::generate_options(run.at("options"))), expected)
        << run.at("options").dump();
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GenerateOracle, testing::Values("gpt2", "gpt2_two_ends", "llama"),
                         [](const auto& which) { return std::string(which.param); });

std::unique_ptr<Model> writer(const std::string& family) {
  return support::tiny_model({.kind = HeadKind::causal_lm}, support::tiny_family(family));
}

/// The best next piece by reading everything anew.
int64_t best_next(Model& model, const Ids& text) {
  Batch batch;
  batch.ids = at::tensor(text, at::kLong);
  batch.segments = at::zeros_like(batch.ids);
  batch.frame = make_frame({int64_t(text.size())});
  batch.examples = {0};
  at::NoGradGuard no_gradient;
  Pass pass;
  return model(batch, pass)[-1].argmax().item<int64_t>();
}

TEST(Generate, TheCacheChangesNothing) {
  for (const char* family : {"gpt2", "llama"}) {
    const auto model = writer(family);
    const std::vector<Ids> prompts{{4, 5, 6}, {7}, {8, 9, 1, 1, 3}};
    const std::vector<Generated> texts = generate(*model, prompts, {.max_new = 8});
    for (size_t i = 0; i < prompts.size(); ++i) {
      Ids text = prompts[i];
      for (int64_t id : texts[i].ids) {
        EXPECT_EQ(best_next(*model, text), id) << family;
        text.push_back(id);
      }
      EXPECT_EQ(texts[i].ids.size(), 8u);
    }
  }
}

TEST(Generate, TellsEachPieceAsItComes) {
  const auto model = writer("gpt2");
  std::map<int64_t, Ids> told;
  const auto texts =
      generate(*model, {{4, 5}, {6}}, {.max_new = 5}, [&](int64_t prompt, int64_t id) { told[prompt].push_back(id); });
  EXPECT_EQ(told[0], texts[0].ids);
  EXPECT_EQ(told[1], texts[1].ids);
}

TEST(Generate, EndsWhereTheModelHasNoMorePositions) {
  const auto model = writer("gpt2");  // 16 of them
  for (const int64_t beams : {1, 3}) {
    EXPECT_EQ(generate(*model, {Ids(12, 5)}, {.max_new = 50, .beams = beams})[0].ids.size(), 4u) << beams;
  }
}

TEST(Generate, ADrawDependsOnSeedPromptAndLengthAlone) {
  const auto model = writer("llama");
  const GenerateOptions options{.max_new = 8, .sample = true, .temperature = 2, .seed = 5};
  const auto together = generate(*model, {{4}, {5, 6, 7}}, options), alone = generate(*model, {{4}}, options);
  EXPECT_EQ(together[0].ids, alone[0].ids);
  GenerateOptions other = options;
  other.seed = 6;
  EXPECT_NE(generate(*model, {{4}}, other)[0].ids, alone[0].ids);
  other.top_k = 1;
  EXPECT_EQ(generate(*model, {{4}}, other)[0].ids, generate(*model, {{4}}, {.max_new = 8})[0].ids);
}

TEST(Generate, DrawsByTheProbabilities) {
  // A model whose next piece is 3, 4 or 5 with known probabilities whatever came before.
  const auto model = writer("gpt2");
  at::NoGradGuard no_gradient;
  const std::vector<double> wanted{0.5, 0.3, 0.2};
  Tensor table = at::zeros({30, 12}, at::kDouble);
  table.select(1, 0).fill_(-50);
  for (int64_t i = 0; i < 3; ++i) table[3 + i][0] = std::log(wanted[size_t(i)]);
  model->parameter_at("embed.token.weight").set(table);
  model->parameter_at("decoder.norm.weight").set(at::zeros({12}, at::kDouble));
  Tensor bias = at::zeros({12}, at::kDouble);
  bias[0] = 1;
  model->parameter_at("decoder.norm.bias").set(bias);
  std::map<int64_t, int> counts;
  const std::vector<Ids> prompts(600, Ids{1});
  for (const Generated& text : generate(*model, prompts, {.max_new = 5, .sample = true})) {
    for (int64_t id : text.ids) ++counts[id];
  }
  for (int64_t i = 0; i < 3; ++i) {  // 3000 draws: five deviations of a share are at most 0.046
    EXPECT_NEAR(counts[3 + i] / 3000.0, wanted[size_t(i)], 0.046) << i;
  }
}

TEST(Generate, NarrowsAsTransformersDoes) {
  const Tensor scores = at::log(at::tensor({0.4, 0.3, 0.2, 0.1}, at::kFloat)).unsqueeze(0);
  const auto left = [&](const GenerateOptions& o) {
    Ids kept;
    const Tensor out = narrowed(scores, o);
    for (int64_t i = 0; i < 4; ++i) {
      if (std::isfinite(out[0][i].item<float>())) kept.push_back(i);
    }
    return kept;
  };
  EXPECT_EQ(left({}), (Ids{0, 1, 2, 3}));
  EXPECT_EQ(left({.top_k = 2}), (Ids{0, 1}));
  EXPECT_EQ(left({.top_k = 9}), (Ids{0, 1, 2, 3}));
  EXPECT_EQ(left({.top_p = 0.65}), (Ids{0, 1}));
  EXPECT_EQ(left({.top_p = 0.75}), (Ids{0, 1, 2}));
  EXPECT_EQ(left({.top_p = 0.01}), (Ids{0}));
  EXPECT_EQ(left({.top_k = 3, .top_p = 0.4}), (Ids{0}));
}

TEST(Generate, WhatCannotBeIsRefusedAtOnce) {
  const auto model = writer("gpt2");
  GenerateOptions bad{.max_new = 0, .no_repeat_ngram = -1, .temperature = 0, .top_p = 2, .beams = 0, .ends = {30}};
  support::expect_error(ErrorKind::usage,
                        [&] {
                          generate(*model, {{}, {99}, Ids(16, 1)}, bad);
                        },
                        {"max_new", "no_repeat_ngram", "temperature", "top_p", "beams", "ends", "prompt 0", "prompt 1",
                         "prompt 2", "16 positions"});
  support::expect_error(ErrorKind::usage, [&] { generate(*model, {{1}}, {.candidates = {{4}}}); }, {"candidates"});
  support::expect_error(ErrorKind::usage, [&] { generate(*model, {{1}}, {.sample = true, .beams = 2}); }, {"beams"});
  const auto classifier = support::tiny_model(support::classes(2), support::tiny_family("gpt2"));
  support::expect_error(ErrorKind::usage, [&] { generate(*classifier, {{1}}, {}); }, {"'causal_lm'", "'classify'"});
}

}  // namespace
}  // namespace espalier
