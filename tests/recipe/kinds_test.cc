// Every kind of task, and what recipes vary, from the recipe to the merged folder: train, stop and resume, evaluate, predict,
// merge.
#include <algorithm>

#include "espalier/base/text.h"
#include "espalier/recipe/session.h"
#include "tests/recipe/tiny_run.h"

namespace espalier::test {
namespace {

struct Kind {
  std::string name;
  std::string file;  // suffix of the data files
  std::string data;  // of the recipe, beside the paths
  std::string rest;  // method and train
  std::string (*rows)(int64_t rows, uint64_t seed);
  std::string metric;
  double least;                     // of the metric after training; of random answers it is far below
  std::vector<std::string> merged;  // names of the methods in the merged folder; empty: nothing is merged
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

struct Side {
  bool warm;
  int64_t telling;
  std::vector<std::string> words;
};

Side draw(RandomStream& random, int64_t length = 6) {
  Side side{random.below(2) == 0, int64_t(2 + random.below(3)), {}};
  for (int64_t j = 0; j < length; ++j) {
    const auto& words = j < side.telling ? (side.warm ? warm_words() : cold_words()) : other_words();
    side.words.push_back(words[size_t(random.below(words.size()))]);
  }
  return side;
}

template <class Line>
std::string table(const std::string& header, int64_t rows, uint64_t seed, const Line& line) {
  std::string text = header;
  for (int64_t i = 0; i < rows; ++i) {
    RandomStream random(derive_key(seed, uint64_t(i)));
    text += line(random) + "\n";
  }
  return text;
}

std::string number_rows(int64_t rows, uint64_t seed) {
  return table("words\theat\tlength\n", rows, seed, [](RandomStream& random) {
    const Side side = draw(random);
    return fmt::format("{}\t{}\t{}", join(side.words, " "), side.warm ? side.telling : -side.telling, side.warm ? 1 : 0);
  });
}

std::string label_rows(int64_t rows, uint64_t seed) {
  return table("words\tsides\n", rows, seed, [](RandomStream& random) {
    const Side one = draw(random, 4), two = draw(random, 4);
    const bool warm = one.warm || two.warm, cold = !one.warm || !two.warm;
    return join(one.words, " ") + " " + join(two.words, " ") + "\t" + (warm ? "warm" : "") + (warm && cold ? ";" : "") +
           (cold ? "cold" : "");
  });
}

std::string conll_rows(int64_t rows, uint64_t seed) {
  return table("", rows, seed, [](RandomStream& random) {
    const Side side = draw(random);
    std::string lines;
    for (size_t j = 0; j < side.words.size(); ++j) {
      const bool telling = int64_t(j) < side.telling;
      lines += side.words[j] + (telling ? (j == 0 ? " B-" : " I-") + std::string(side.warm ? "WARM" : "COLD") : " O") + "\n";
    }
    return lines;
  });
}

std::string span_rows(int64_t rows, uint64_t seed) {
  return table("", rows, seed, [](RandomStream& random) {
    const Side side = draw(random);
    const std::string text = join(side.words, " ");
    const std::string telling = join(std::span(side.words).first(size_t(side.telling)), " ");
    return fmt::format(R"({{"text": "{}", "spans": [{{"start": 0, "end": {}, "label": "{}"}}]}})", text, telling.size(),
                       side.warm ? "WARM" : "COLD");
  });
}

std::string pair_rows(int64_t rows, uint64_t seed) {
  return table("one\ttwo\tscore\n", rows, seed, [](RandomStream& random) {
    const Side one = draw(random), two = draw(random);
    return join(one.words, " ") + "\t" + join(two.words, " ") + "\t" + (one.warm == two.warm ? "5" : "0");
  });
}

/// Words that stand in a fixed order, so that a hidden one can be told from its neighbours.
std::string plain_rows(int64_t rows, uint64_t seed) {
  return table("words\n", rows, seed, [](RandomStream& random) {
    const auto& words = random.below(2) == 0 ? warm_words() : cold_words();
    return join(words, " ") + " " + join(words, " ");
  });
}

std::string long_rows(int64_t rows, uint64_t seed) {
  return table("words\tside\n", rows, seed, [](RandomStream& random) {
    const Side side = draw(random);
    const std::string text = join(side.words, " ");
    return fmt::format("{0} {0} {0} {0} {0} {0}\t{1}", text, side.warm ? "warm" : "cold");
  });
}

const std::string kOne = R"(method = [{ kind = "lora" }]
[train]
steps = 60
precision = "fp32"
optimizer = { kind = "adamw", learning_rate = 0.01 }
)";
const std::string kSide = R"(text = "words", label = "side")";

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"regress", "tsv", R"(kind = "regress", text = "words", label = "heat")", kOne, number_rows, "pearson", 0.8, {"lora"}},
      {"two_targets",
       "tsv",
       R"(kind = "regress", text = "words", label = ["heat", "length"])",
       kOne,
       number_rows,
       "pearson",
       0.8,
       {"lora"}},
      {"multi_label",
       "tsv",
       R"(kind = "multi_label", text = "words", label = "sides", label_separator = ";")",
       kOne,
       label_rows,
       "labels_micro_f1",
       0.85,
       {"lora"}},
      {"tokens_conll", "conll", R"(kind = "tokens")", kOne, conll_rows, "entity_f1", 0.8, {"lora"}},
      {"tokens_spans", "jsonl", R"(text = "text", label = "spans")", kOne, span_rows, "entity_f1", 0.8, {"lora"}},
      {"similarity",
       "tsv",
       R"(kind = "similarity", text = ["one", "two"], label = "score")",
       kOne,
       pair_rows,
       "spearman",
       0.6,
       {"lora"}},
      {"masked_lm", "tsv", R"(kind = "masked_lm", text = "words")", kOne, plain_rows, "accuracy", 0.3, {"lora"}},
      {"windows",
       "tsv",
       kSide + R"(, long_texts = "windows", max_length = 16, stride = 4)",
       kOne,
       long_rows,
       "accuracy",
       0.7,
       {"lora"}},
      {"micro_batches", "tsv", kSide + ", tokens = 32, by_length = true", kOne, tiny_rows, "accuracy", 0.9, {"lora"}},
      {"two_loras",
       "tsv",
       kSide,
       R"(method = [{ kind = "lora", name = "near", sites = "*.0.attention.{query,value}", rank = 2 },
          { kind = "lora", name = "far", sites = "*.*.ffn.{up,down}", rank = 3 }]
[train]
steps = 60
precision = "fp32"
optimizer = { kind = "adamw", learning_rate = 0.01 }
)",
       tiny_rows,
       "accuracy",
       0.9,
       {"near", "far"}},
      {"extra_parameters",
       "tsv",
       kSide,
       kOne + "train = [\"**.norm.*\"]\nschedule = { decay = \"cosine\", warmup = \"4\" }\n",
       tiny_rows,
       "accuracy",
       0.9,
       {"lora"}},
      {"bf16", "tsv", kSide, replace_all(kOne, "fp32", "bf16"), tiny_rows, "accuracy", 0.9, {"lora"}},
      {"full", "tsv", kSide, replace_all(kOne, "lora", "full"), tiny_rows, "accuracy", 0.9, {"full"}},
  };
  return all;
}

class Kinds : public ::testing::TestWithParam<Kind> {
 protected:
  Kinds() {
    static const TemporaryFolder* const kModel = [] {
      auto* folder = new TemporaryFolder;
      write_tiny_model(*folder / "model");
      return folder;
    }();
    folder_.write("train." + GetParam().file, GetParam().rows(160, 1));
    dev_ = folder_.write("dev." + GetParam().file, GetParam().rows(48, 2)).string();
    const std::string recipe = fmt::format(
        "model = {{ from = \"{0}/model\", pooling = \"mean\" }}\n"
        "data = {{ train = \"{1}/train.{2}\", dev = \"{1}/dev.{2}\", batch = 16, {3} }}\n{4}evaluate_every = 20\n",
        kModel->path().string(), folder_.path().string(), GetParam().file, GetParam().data, GetParam().rest);
    plan_ = resolve(read_recipe(parse_toml(recipe, "recipe.toml")), log_);
  }

  RunResult interrupted(int64_t at) {
    std::atomic<bool> stop = false;
    struct Stopper : Callback {
      Stopper(std::atomic<bool>& stop, int64_t at) : stop(stop), at(at) {}
      void on_step(const StepInfo& info) override { stop = info.step == at; }
      std::atomic<bool>& stop;
      const int64_t at;
    };
    RunOptions options;
    options.stop = &stop;
    options.show = [&](const Plan&) { return std::make_unique<Stopper>(stop, at); };
    return run_training(plan_, folder_ / "parts", options, log_);
  }

  std::vector<Answer> answers(Session& session, const PredictOptions& options = {}) {
    std::vector<Answer> all;
    predict_rows(session, dev_, options, [&](const Answer& answer) { all.push_back(answer); });
    return all;
  }

  const TemporaryFolder folder_;
  MemoryLog log_;
  std::string dev_;
  Plan plan_;
};

void expect_same(const Answer& a, const Answer& b, double tolerance) {
  EXPECT_EQ(a.row, b.row);
  EXPECT_EQ(a.label, b.label);
  EXPECT_EQ(a.labels, b.labels);
  ASSERT_EQ(a.scores.size(), b.scores.size());
  for (size_t i = 0; i < a.scores.size(); ++i) EXPECT_NEAR(a.scores[i], b.scores[i], tolerance);
  ASSERT_EQ(a.spans.size(), b.spans.size());
  for (size_t i = 0; i < a.spans.size(); ++i) EXPECT_EQ(a.spans[i].text, b.spans[i].text);
}

TEST_P(Kinds, FromTheRecipeToTheMergedFolder) {
  const Kind& kind = GetParam();
  const RunResult whole = run_training(plan_, folder_ / "whole", {}, log_);
  EXPECT_EQ(whole.ending, Ending::done);
  ASSERT_TRUE(whole.dev.contains(kind.metric)) << whole.text;
  EXPECT_GT(whole.dev.at(kind.metric), kind.least);

  // Stopped in the middle of an epoch and taken up again: the same bits.
  EXPECT_EQ(interrupted(33).ending, Ending::interrupted);
  EXPECT_EQ(resume_training(folder_ / "parts", {}, log_).from_step, 33);
  for (const auto& entry : fs::directory_iterator(folder_ / "whole/adapter")) {
    EXPECT_EQ(file_hash(entry), file_hash(folder_ / "parts/adapter" / entry.path().filename())) << entry.path();
  }
  for (const char* name : {"result.json", "dev_predictions.tsv"}) {
    EXPECT_EQ(file_hash(folder_ / "whole" / name), file_hash(folder_ / "parts" / name)) << name;
  }

  // The folder says afterwards what the run said.
  Session session = open_run(folder_ / "parts", {}, log_);
  // A session's LoRA is frozen and goes through the packed kernels, which round floats in another order than those of training.
  EXPECT_NEAR(evaluate_file(session, dev_, {}, log_).metrics.at(kind.metric), whole.dev.at(kind.metric), 1e-5);
  const bool answers_rows = session.task.kind != TaskKind::masked_lm;
  std::vector<Answer> said;
  if (answers_rows) {
    said = answers(session);
    ASSERT_EQ(said.size(), 48U);
    for (size_t i = 0; i < said.size(); ++i) EXPECT_EQ(said[i].row, int64_t(i));
  } else {
    expect_error(ErrorKind::unsupported, [&] { answers(session); }, {"masked language model"});
  }

  const MergeReport report = merge_run(session, folder_ / "merged", log_);
  EXPECT_EQ(report.merged, kind.merged);
  // fp32: W + BA is rounded once where the run adds two rounded products, over 32 terms in each of two layers.
  EXPECT_LT(report.largest_change, 1e-4 * std::max(1.0, report.largest_logit));
  if (!answers_rows) return;
  // Windows are how a run reads; a model's folder does not know them.
  if (plan_.recipe.data.long_texts == "windows") return;
  OpenOptions open;
  Session merged = open_model((folder_ / "merged").string(), "", open, log_);
  EXPECT_EQ(merged.task.kind, session.task.kind);
  PredictOptions options;
  if (!session.task.conll(dev_)) options.text = session.task.text;
  const std::vector<Answer> again = answers(merged, options);
  ASSERT_EQ(again.size(), said.size());
  for (size_t i = 0; i < said.size(); ++i) expect_same(said[i], again[i], 1e-3);
}

TEST_P(Kinds, KeepsTextsOnlyWhenAsked) {
  Plan plan = plan_;
  plan.recipe.data.keep_text = true;
  plan.facts.steps = plan.recipe.train.steps = 2;
  run_training(plan, folder_ / "kept", {}, log_);
  const std::vector<std::string> lines = split(read_file(folder_ / "kept/dev_predictions.tsv"), '\n');
  EXPECT_TRUE(lines.at(0).ends_with("\ttext")) << lines[0];
  EXPECT_EQ(lines.size(), 48U + 2);  // the header, and what stands behind the last line end
  EXPECT_NE(lines.at(1).rfind(' '), std::string::npos) << lines[1];
}

INSTANTIATE_TEST_SUITE_P(All, Kinds, ::testing::ValuesIn(kinds()), [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace espalier::test
