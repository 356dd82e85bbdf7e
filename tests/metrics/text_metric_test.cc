// Text metrics at their edges: nothing said, nothing right, one example, letters of any script, texts that are broken.
#include "espalier/metrics/text_metric.h"

#include <gtest/gtest.h>

#include <cmath>

#include "espalier/metrics/bleu.h"
#include "espalier/metrics/cider.h"
#include "espalier/metrics/metric.h"
#include "espalier/metrics/perplexity.h"
#include "espalier/metrics/porter.h"
#include "espalier/metrics/ptb_tokens.h"
#include "espalier/metrics/rouge.h"
#include "espalier/metrics/squad.h"
#include "espalier/metrics/vqa.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using Texts = std::vector<std::string>;
using Sets = std::vector<References>;

double value(const char* name, const Texts& predictions, const Sets& references) {
  return find_text_metric(name)(predictions, references);
}

TEST(TextMetrics, EmptyPredictionScoresNothing) {
  for (const TextMetric& metric : text_metrics()) {
    EXPECT_EQ(metric(Texts{"", ""}, Sets{{"a cat", "the cat"}, {"one dog"}}), 0) << metric.name;
  }
}

TEST(TextMetrics, EmptyReferenceIsAText) {
  for (const TextMetric& metric : text_metrics()) {
    EXPECT_EQ(metric(Texts{"some cat", "one dog"}, Sets{{""}, {"", ""}}), 0) << metric.name;
  }
}

TEST(TextMetrics, NothingAskedNothingSaid) {
  // The scripts of SQuAD differ here: 1.1 gives a match without F1, 2.0 both.
  EXPECT_EQ(value("squad_exact", {"The."}, {{"a"}}), 1);
  EXPECT_EQ(value("squad_f1", {"The."}, {{"a"}}), 0);
  EXPECT_EQ(value("squad_v2_exact", {"The."}, {{"a"}}), 1);
  EXPECT_EQ(value("squad_v2_f1", {"The."}, {{"a"}}), 1);
  for (const char* name : {"bleu", "rouge1", "rouge_lsum", "cider"}) EXPECT_EQ(value(name, {""}, {{""}}), 0) << name;
}

TEST(TextMetrics, NoExamples) {
  for (const TextMetric& metric : text_metrics()) EXPECT_EQ(metric(Texts{}, Sets{}), 0) << metric.name;
}

TEST(TextMetrics, QuestionsWithoutAnswers) {
  EXPECT_EQ(value("squad_v2_exact", {"", "42"}, {{}, {}}), 0.5);
  EXPECT_EQ(value("squad_v2_f1", {"", "42"}, {{}, {}}), 0.5);
  for (const TextMetric& metric : text_metrics()) {
    if (metric.name.starts_with("squad_v2")) continue;
    support::expect_error(ErrorKind::data, [&] { metric(Texts{"a", "b"}, Sets{{"a"}, {}}); }, {"example 1 has no reference"});
  }
}

TEST(TextMetrics, BadInputIsNamed) {
  for (const TextMetric& metric : text_metrics()) {
    support::expect_error(ErrorKind::data, [&] { metric(Texts{"a"}, Sets{}); }, {"1 predictions", "0 sets"});
    support::expect_error(ErrorKind::data,
                          [&] {
                            metric(Texts{"a", "\xff"}, Sets{{"a"}, {"b"}});
                          },
                          {"prediction of example 1", "UTF-8"});
    support::expect_error(ErrorKind::data, [&] { metric(Texts{"a"}, Sets{{"a", "\xc3"}}); }, {"reference of example 0", "UTF-8"});
  }
  support::expect_error(ErrorKind::usage, [] { find_text_metric("rouge_1", "e2e.toml:4"); },
                        {"e2e.toml:4", "'rouge_1'", "rouge1"});
  support::expect_error(ErrorKind::data, [] { squad_score("a", {}); }, {"without answers", "squad_v2"});
  support::expect_error(ErrorKind::data, [] { vqa_accuracy("a", {}); }, {"without answers"});
  support::expect_error(ErrorKind::data, [] { bleu_counts("a", {}); }, {"without references"});
  support::expect_error(ErrorKind::data, [] { best_rouge(RougeKind::words, "a", {}); }, {"without references"});
  const std::vector<Tokens> said{{"a"}};
  const std::vector<std::vector<Tokens>> none{{}};
  support::expect_error(ErrorKind::data, [&] { cider_scores(CiderKind::d, said, none); }, {"example 0 has no reference"});
}

TEST(TextMetrics, StandInTheCatalogue) {
  MetricInput in;
  in.predicted_texts = {"the cat sat on a mat", "a dog"};
  in.true_texts = {{"the cat sat on the mat", "x"}, {"two dogs"}};
  for (const TextMetric& text : text_metrics()) {
    const Metric& metric = find_metric(text.name);
    EXPECT_EQ(metric.needs, MetricNeeds::texts);
    EXPECT_EQ(metric(in), text(in.predicted_texts, in.true_texts)) << text.name;
    EXPECT_EQ(metric(MetricInput{}), 0) << text.name;
    const Interval of_name = metric_interval(metric, in, {.samples = 20});
    const Interval of_texts = text_interval(text, in.predicted_texts, in.true_texts, {.samples = 20});
    EXPECT_EQ(of_name.low, of_texts.low) << text.name;
    EXPECT_EQ(of_name.high, of_texts.high) << text.name;
  }
  EXPECT_EQ(in.size(), 2);
  const MetricInput twice = in.take(std::vector<int64_t>{1, 1});
  EXPECT_EQ(twice.predicted_texts, (Texts{"a dog", "a dog"}));
  EXPECT_EQ(twice.true_texts[0], References{"two dogs"});
  in.predicted_texts.pop_back();
  support::expect_error(ErrorKind::bug, [&] { compute_metric("bleu", in); }, {"bleu", "texts"});
}

// Rows drawn anew give what the metric gives of those texts, CIDEr excepted, whose rarities stay.
TEST(TextMetrics, DrawsAreFiguresOfThoseTexts) {
  const Texts predictions{"the cat sat on the mat", "a dog ran home", "two birds", "nothing"};
  const Sets references{{"the cat sat on a mat", "cat"}, {"the dog ran home"}, {"two small birds"}, {"one fish", "red"}};
  const std::vector<int64_t> rows{2, 0, 0, 1};
  Texts drawn;
  Sets drawn_references;
  for (const int64_t row : rows) {
    drawn.push_back(predictions[size_t(row)]);
    drawn_references.push_back(references[size_t(row)]);
  }
  for (const TextMetric& metric : text_metrics()) {
    if (metric.name.starts_with("cider")) continue;
    EXPECT_DOUBLE_EQ(metric.read(predictions, references)(rows), metric(drawn, drawn_references)) << metric.name;
  }
  const double corpus = value("bleu", predictions, references);
  const Interval interval = text_interval(find_text_metric("bleu"), predictions, references, {.samples = 300});
  EXPECT_LT(interval.low, corpus);
  EXPECT_GT(interval.high, corpus);
}

TEST(Bleu, CorpusIsNoMeanOfSentences) {
  const Texts predictions{"the cat sat on the mat", "dog"};
  const Sets references{{"the cat sat on the mat"}, {"a dog ran"}};
  EXPECT_NE(value("bleu", predictions, references), value("sentence_bleu", predictions, references));
  EXPECT_NEAR(value("bleu", {"the cat sat on the mat"}, {{"the cat sat on the mat"}}), 100, 1e-12);
  EXPECT_EQ(value("bleu", {"CAT"}, {{"cat"}}), 0);
  EXPECT_EQ(tokenize_13a("U.S., 3.5-4%"), (Tokens{"U", ".", "S", ".", ",", "3.5", "-", "4", "%"}));
}

TEST(Bleu, OfTwoReferencesAsCloseTheShorterCounts) {
  EXPECT_EQ(bleu_counts("a b c", Texts{"a b c d", "a b"}).reference_length, 2);
  EXPECT_EQ(bleu_counts("a b c", Texts{"a b", "a b c d"}).reference_length, 2);
}

TEST(Bleu, SmoothsByTheUsualAmounts) {
  const Texts predictions{"a x b y"};
  const Sets references{{"a c b d"}};
  BleuOptions options;
  options.max_order = 2;
  options.smoothing = Smoothing::floor;
  EXPECT_NEAR(corpus_bleu(predictions, references, options).score, 12.909944487358057, 1e-12) << "sacrebleu's figure";
  options.smoothing = Smoothing::add_k;
  EXPECT_NEAR(corpus_bleu(predictions, references, options).score, 35.35533905932737, 1e-12) << "sacrebleu's figure";
  options.smoothing = Smoothing::none;
  EXPECT_EQ(corpus_bleu(predictions, references, options).score, 0);
}

TEST(Rouge, FirstOfEqualReferencesDecides) {
  const RougeScore score = best_rouge(RougeKind::words, "a b", Texts{"a c d e f g", "a", "a b c d"});
  EXPECT_DOUBLE_EQ(score.precision, 0.5);
  EXPECT_DOUBLE_EQ(score.recall, 1);
  EXPECT_EQ(rouge_tokens("Größe ΣΑΣ 中文 x2 Kelvin: \u212A", false), (Tokens{"gr", "e", "x2", "kelvin", "k"}));
  EXPECT_EQ(rouge_tokens("flies ran", true), (Tokens{"fli", "ran"}));
}

TEST(Cider, OneExampleIsNothing) {
  for (const char* name : {"cider", "cider_d"}) {
    EXPECT_EQ(value(name, {"the cat"}, {{"the cat"}}), 0) << name << ": each word is in every document";
    EXPECT_NEAR(value(name, {"a cat sat on mats", "the dog ran far away"}, {{"a cat sat on mats"}, {"the dog ran far away"}}), 10,
                1e-12);
  }
}

TEST(Vqa, LeavesEachPersonOut) {
  const Texts three{"yes", "yes", "yes", "no", "no", "no", "no", "no", "no", "no"};
  // Seven people see three others say yes; the three see two.
  EXPECT_DOUBLE_EQ(vqa_accuracy("Yes!", three), (7 * 1.0 + 3 * 2.0 / 3) / 10);
  EXPECT_EQ(vqa_accuracy("yes", Texts{"yes"}), 0) << "nobody else was asked";
  EXPECT_EQ(vqa_accuracy("Yes", Texts{"yes", "yes", "yes", "yes"}), 0) << "compared as they stand where all agree";
  EXPECT_EQ(vqa_normalize("The two dogs, isnt it? 1,000."), "2 dogs isn't it 1000");
}

TEST(Perplexity, IsOverTokens) {
  EXPECT_DOUBLE_EQ(perplexity(std::vector<double>{2, 4}, std::vector<double>{1, 5}), std::exp(1.0));
  EXPECT_EQ(perplexity(std::vector<double>{0}, std::vector<double>{0}), 1);
  support::expect_error(ErrorKind::numeric, [] { perplexity(std::vector<double>{NAN}, std::vector<double>{1}); },
                        {"loss 0 is nan"});
  support::expect_error(ErrorKind::data, [] { perplexity(std::vector<double>{1}, std::vector<double>{-1}); }, {"-1 tokens"});
  support::expect_error(ErrorKind::data, [] { perplexity(std::vector<double>{1}, std::vector<double>{}); },
                        {"0 true", "1 predicted"});
  EXPECT_FALSE(find_metric("perplexity").larger_is_better);
}

TEST(PythonText, BrokenBytesStayInsideTheText) {
  for (const std::string text : {"\xF0", "a\xE2\x82", "\x80\x80", "\xC3", "\xFF\xFF\xFF"}) {
    EXPECT_LE(text_points(text).size(), text.size());
    EXPECT_LE(python_split(text).size(), 1U);
    EXPECT_LE(python_strip(text).size(), text.size());
  }
}

TEST(PtbTokens, DropsWhatIsNoWord) {
  EXPECT_EQ(ptb_tokens("It's a man-made thing, isn't it?"), (Tokens{"it", "'s", "a", "man-made", "thing", "is", "n't", "it"}));
  EXPECT_EQ(ptb_tokens("\xF0\x9F\x98\x80 ... !"), Tokens{});
  EXPECT_EQ(ptb_tokens("(Mr. B. of the U.S.)"), (Tokens{"-lrb-", "mr.", "b.", "of", "the", "u.s.", "-rrb-"}));
}

}  // namespace
}  // namespace espalier
