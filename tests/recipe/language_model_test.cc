// Language modelling with a decoder, from plain text to the merged folder: train, evaluate, merge, go on with
// it.
#include "espalier/models/generate.h"
#include "espalier/recipe/session.h"
#include "tests/recipe/tiny_run.h"

namespace espalier::test {
namespace {

void write_tiny_decoder(const fs::path& folder, const std::string& family) {
  write_tiny_model(folder);  // its vocabulary
  nlohmann::json config = {{"model_type", "gpt2"}, {"vocab_size", 25},        {"n_embd", 32},  {"n_layer", 2},
                           {"n_head", 2},          {"n_positions", 24},       {"n_inner", 48}, {"resid_pdrop", 0.1},
                           {"embd_pdrop", 0},      {"initializer_range", 0.2}};
  if (family == "llama") {
    config = {{"model_type", "llama"},    {"vocab_size", 25},         {"hidden_size", 32},       {"num_hidden_layers", 2},
              {"num_attention_heads", 4}, {"num_key_value_heads", 2}, {"intermediate_size", 48}, {"max_position_embeddings", 24},
              {"initializer_range", 0.2}};
  }
  auto model = make_model(config, "tiny");
  model->set_head(make_head(*model, {.kind = HeadKind::causal_lm}));
  initialize(*model, at::kFloat, 5);
  MemoryLog log;
  save_model(*model, folder, folder, log);
}

/// Words that always follow each other.
std::string lines(int64_t count, uint64_t seed) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) {
    RandomStream random(derive_key(seed, uint64_t(i)));
    const auto& words = random.below(2) == 0 ? warm_words() : cold_words();
    text += join(words, " ") + "\n";
  }
  return text;
}

class LanguageModel : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(LanguageModel, FromPlainTextToTheMergedFolder) {
  const auto& [family, method] = GetParam();
  const TemporaryFolder folder;
  write_tiny_decoder(folder / "model", family);
  folder.write("train.txt", lines(160, 1));
  const std::string dev = folder.write("dev.txt", lines(40, 2)).string();
  MemoryLog log;
  const std::string recipe = fmt::format(
      "model = {{ from = \"{0}/model\" }}\n"
      "data = {{ train = \"{0}/train.txt\", dev = \"{0}/dev.txt\", kind = \"causal_lm\", max_length = 16, batch = 8 }}\n"
      "method = [{{ kind = \"{1}\" }}]\n[train]\nsteps = 60\nprecision = \"fp32\"\n"
      "optimizer = {{ kind = \"adamw\", learning_rate = 0.01 }}\nevaluate_every = 20\n",
      folder.path().string(), method);
  const Plan plan = resolve(read_recipe(parse_toml(recipe, "recipe.toml")), log);
  EXPECT_EQ(plan.facts.steps_per_epoch, 8);  // 960 pieces in runs of 16, 8 of them a step
  const RunResult whole = run_training(plan, folder / "whole", {}, log);
  EXPECT_EQ(whole.ending, Ending::done);
  // Of 25 pieces; each but a line's first follows from the one before it, a line's first is one of two: 2^(1/6) at best.
  EXPECT_LT(whole.dev.at("perplexity"), 2.5) << whole.text;
  EXPECT_GT(whole.dev.at("perplexity"), 1.1) << whole.text;

  Session session = open_run(folder / "whole", {}, log);
  EXPECT_NEAR(evaluate_file(session, dev, {}, log).metrics.at("perplexity"), whole.dev.at("perplexity"), 1e-4);
  expect_error(ErrorKind::unsupported, [&] { predict_rows(session, dev, {}, [](const Answer&) {}); }, {"generate"});

  const Encoding prompt = session.tokenizer->encode("red rose fire");  // between [CLS] and [SEP]
  const std::vector<Ids> prompts{Ids(prompt.ids.begin() + 1, prompt.ids.end() - 1)};
  const Ids text = generate(*session.model, prompts, {.max_new = 2})[0].ids;
  EXPECT_EQ(session.tokenizer->decode(std::vector<int32_t>(text.begin(), text.end())), "ruby brick");

  const MergeReport report = merge_run(session, folder / "merged", log);
  EXPECT_LT(report.largest_change, 1e-4 * std::max(1.0, report.largest_logit));
  const auto merged = load_model(folder / "merged", {}, log);
  EXPECT_EQ(merged->head()->options().kind, HeadKind::causal_lm);
  EXPECT_EQ(generate(*merged, prompts, {.max_new = 2})[0].ids, text);
}

INSTANTIATE_TEST_SUITE_P(All, LanguageModel, ::testing::Values(std::pair("gpt2", "full"), std::pair("llama", "lora")),
                         [](const auto& run) { return std::string(run.param.first) + "_" + run.param.second; });

}  // namespace
}  // namespace espalier::test
