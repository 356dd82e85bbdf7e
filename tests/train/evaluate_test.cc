// Evaluation: rows in file order whatever the batches, tags of words, several labels, regression.
#include "espalier/train/evaluate.h"

#include <algorithm>

#include "espalier/train/objectives/cross_entropy.h"
#include "tests/data/words.h"
#include "tests/train/tiny.h"

namespace espalier {
namespace {

class Evaluating : public testing::Test {
 protected:
  Evaluating() : tokenizer(test::tiny_tokenizer()) {}
  EvalStream stream(const Task& task, const fs::path& path, int64_t tokens, int64_t chunk) {
    return {open_examples(task, path.string(), *tokenizer), Collator(task, *tokenizer, 1), tokens, chunk};
  }
  /// Predictions of the whole file do not depend on how it is cut into chunks and batches; gives them.
  Evaluated evaluate_all(Model& model, const Task& task, const fs::path& path) {
    const Evaluated one = evaluate(model, task, stream(task, path, 1, 1), {.keep_predictions = true});
    const Evaluated many = evaluate(model, task, stream(task, path, 40, 5), {.keep_predictions = true});
    EXPECT_EQ(one.predictions.size(), many.predictions.size());
    for (size_t i = 0; i < one.predictions.size(); ++i) {
      const Prediction &a = one.predictions[i], &b = many.predictions[i];
      EXPECT_EQ(a.row, int64_t(i));
      EXPECT_EQ(b.row, int64_t(i));
      EXPECT_EQ(a.tags, b.tags);
      EXPECT_EQ(a.labels, b.labels);
      EXPECT_EQ(a.logits.size(), b.logits.size());
      // The model is in double: only the order of sums differs.
      for (size_t k = 0; k < a.logits.size(); ++k) EXPECT_NEAR(a.logits[k], b.logits[k], 1e-12);
      for (size_t k = 0; k < a.scores.size(); ++k) EXPECT_NEAR(a.scores[k], b.scores[k], 1e-12);
    }
    return many;
  }
  support::TemporaryFolder folder;
  std::unique_ptr<Tokenizer> tokenizer;
};

TEST_F(Evaluating, TagsOfWords) {
  Task task;
  task.kind = TaskKind::tokens;
  task.labels = {"O", "B-PER", "B-LOC"};
  task.metrics = {"accuracy", "entity_f1"};
  const fs::path path = folder.write(
      "t.conll", "john B-PER\nlives O\nin O\nberlin B-LOC\n\nplaying O\n\nnew B-LOC\nfilm O\n\njohn B-PER\nplayer O\nx O\n");
  const auto model = test::tiny_model(HeadKind::tokens);
  const Evaluated result = evaluate_all(*model, task, path);
  ASSERT_EQ(result.predictions.size(), 4u);
  // Words, not pieces: "playing" and "player" are two pieces each.
  EXPECT_EQ(result.predictions[0].tags.size(), 4u);
  EXPECT_EQ(result.predictions[1].tags.size(), 1u);
  EXPECT_EQ(result.predictions[3].tags.size(), 3u);
  EXPECT_EQ(result.input.true_tags[0], (Tags{"B-PER", "O", "O", "B-LOC"}));
  EXPECT_EQ(result.input.predicted_tags[3].size(), 3u);
  EXPECT_DOUBLE_EQ(result.metrics.at("accuracy"), accuracy(result.input.truth, result.input.predicted));
}

TEST_F(Evaluating, SeveralLabels) {
  Task task = test::classify_task({"text"}, "label", {"a", "b", "c"});
  task.kind = TaskKind::multi_label;
  task.label_separator = "|";
  task.metrics = {"labels_micro_f1", "labels_auroc"};
  const fs::path path =
      folder.write("m.tsv", "text\tlabel\ngood film\ta|c\nbad\tb\nnew york film\t\nplay\ta|b|c\nbad play\tc\nx\tb\n");
  const auto model = test::tiny_model(HeadKind::multi_label);
  const Evaluated result = evaluate_all(*model, task, path);
  EXPECT_EQ(result.input.true_labels, (std::vector<uint8_t>{1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0}));
  for (const Prediction& p : result.predictions) {
    for (size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(p.scores[k], 1 / (1 + std::exp(-p.logits[k])), 1e-15);
      EXPECT_EQ(p.labels[k], p.logits[k] > 0);
    }
  }
}

TEST_F(Evaluating, ValuesAndLoss) {
  Task task = test::classify_task({"text"}, "label");
  task.kind = TaskKind::regress;
  task.labels = {"value"};
  task.metrics = {"mse"};
  const fs::path path = folder.write("r.tsv", "text\tlabel\ngood film\t0.5\nbad\t-1\nnew york film\t2\nplay\t0.25\n");
  const auto model = test::tiny_model(HeadKind::regress);
  const Evaluated result = evaluate_all(*model, task, path);
  const auto objective = objectives().make(test::kind("mse"), "objective");
  const Evaluated with_loss = evaluate(*model, task, stream(task, path, 9, 3), {.objective = objective.get()});
  EXPECT_NEAR(with_loss.metrics.at("loss"), result.metrics.at("mse"), 1e-12);
  EXPECT_TRUE(with_loss.predictions.empty());
}

TEST_F(Evaluating, AnEmptyTextIsARow) {
  const Task task = test::classify_task({"text"}, "label", {"no", "yes", "maybe"});
  const fs::path path = folder.write("e.tsv", "text\tlabel\n\tyes\ngood\tno\n");
  EXPECT_EQ(evaluate_all(*test::tiny_model(), task, path).predictions.size(), 2u);
}

}  // namespace
}  // namespace espalier
