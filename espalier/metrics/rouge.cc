#include "espalier/metrics/rouge.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/metrics/check.h"
#include "espalier/metrics/ngrams.h"
#include "espalier/metrics/porter.h"

namespace espalier {
namespace {

constexpr size_t kShortWord = 3;  // not stemmed

RougeScore score_of(double hits, double predicted, double truth) {
  RougeScore score{ratio(hits, predicted), ratio(hits, truth), 0};
  score.f1 = ratio(2 * score.precision * score.recall, score.precision + score.recall);
  return score;
}

RougeScore ngram_score(const Tokens& predicted, const Tokens& truth, size_t order) {
  const NgramCounts ours = count_ngrams(predicted, order), theirs = count_ngrams(truth, order);
  int64_t hits = 0;
  for (const auto& [ngram, count] : theirs) {
    const auto found = ours.find(ngram);
    if (found != ours.end()) hits += std::min(count, found->second);
  }
  const auto total = [order](const Tokens& tokens) { return tokens.size() < order ? 0.0 : double(tokens.size() - order + 1); };
  return score_of(double(hits), total(predicted), total(truth));
}

// table[i][j], one row after another: the longest common subsequence of the first i and j tokens.
std::vector<int32_t> subsequence_table(const Tokens& a, const Tokens& b) {
  const size_t width = b.size() + 1;
  std::vector<int32_t> table((a.size() + 1) * width);
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j < width; ++j) {
      table[i * width + j] = a[i - 1] == b[j - 1] ? table[(i - 1) * width + j - 1] + 1
                                                  : std::max(table[(i - 1) * width + j], table[i * width + j - 1]);
    }
  }
  return table;
}

// The last entry of that table, in two of its rows.
int32_t subsequence_length(const Tokens& a, const Tokens& b) {
  std::vector<int32_t> above(b.size() + 1), row(b.size() + 1);
  for (const std::string& token : a) {
    for (size_t j = 1; j < row.size(); ++j) row[j] = token == b[j - 1] ? above[j - 1] + 1 : std::max(above[j], row[j - 1]);
    std::swap(above, row);
  }
  return above.back();
}

// Marks in `in_union` the tokens of `truth` that one of the longest common subsequences holds; which one decides the union, and
// rouge-score walks back from the end and goes along `truth` where both ways are as long.
void mark_subsequence(const Tokens& truth, const Tokens& predicted, std::vector<bool>& in_union) {
  const std::vector<int32_t> table = subsequence_table(truth, predicted);
  const size_t width = predicted.size() + 1;
  for (size_t i = truth.size(), j = predicted.size(); i > 0 && j > 0;) {
    if (truth[i - 1] == predicted[j - 1]) {
      in_union[i - 1] = true;
      --i, --j;
    } else if (table[i * width + j - 1] > table[(i - 1) * width + j]) {
      --j;
    } else {
      --i;
    }
  }
}

std::vector<Tokens> line_tokens(std::string_view text, bool stem) {
  std::vector<Tokens> lines;
  for (const std::string& line : split(text, '\n')) {
    if (!line.empty()) lines.push_back(rouge_tokens(line, stem));
  }
  return lines;
}

NgramCounts word_counts(const std::vector<Tokens>& lines, double& total) {
  NgramCounts counts;
  for (const Tokens& line : lines) {
    total += double(line.size());
    for (const std::string& token : line) ++counts[token];
  }
  return counts;
}

// Each line of the reference against all lines of the prediction; a word is never counted more often than it stands in either
// text.
RougeScore lines_score(const std::vector<Tokens>& predicted, const std::vector<Tokens>& truth) {
  double predicted_total = 0, truth_total = 0, hits = 0;
  NgramCounts predicted_left = word_counts(predicted, predicted_total), truth_left = word_counts(truth, truth_total);
  for (const Tokens& line : truth) {
    std::vector<bool> in_union(line.size());
    for (const Tokens& other : predicted) mark_subsequence(line, other, in_union);
    for (size_t i = 0; i < line.size(); ++i) {
      if (!in_union[i]) continue;
      int64_t &ours = predicted_left[line[i]], &theirs = truth_left[line[i]];
      if (ours <= 0 || theirs <= 0) continue;
      --ours, --theirs, hits += 1;
    }
  }
  return score_of(hits, predicted_total, truth_total);
}

}  // namespace

Tokens rouge_tokens(std::string_view text, bool stem) {
  Tokens tokens;
  std::string token;
  const auto finish = [&] {
    if (token.empty()) return;
    tokens.push_back(stem && token.size() > kShortWord ? porter_stem(token) : token);
    token.clear();
  };
  for (const char c : python_lower(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      token += c;
    } else {
      finish();
    }
  }
  finish();
  return tokens;
}

RougeScore rouge(RougeKind kind, std::string_view prediction, std::string_view reference, bool stem) {
  if (kind == RougeKind::lines) return lines_score(line_tokens(prediction, stem), line_tokens(reference, stem));
  const Tokens predicted = rouge_tokens(prediction, stem), truth = rouge_tokens(reference, stem);
  if (kind == RougeKind::subsequence) {
    return score_of(double(subsequence_length(truth, predicted)), double(predicted.size()), double(truth.size()));
  }
  return ngram_score(predicted, truth, kind == RougeKind::words ? 1 : 2);
}

RougeScore best_rouge(RougeKind kind, std::string_view prediction, std::span<const std::string> references, bool stem) {
  if (references.empty()) throw data_error("ROUGE of a text without references; expected at least one");
  RougeScore best = rouge(kind, prediction, references[0], stem);
  for (const std::string& reference : references.subspan(1)) {
    const RougeScore score = rouge(kind, prediction, reference, stem);
    if (score.f1 > best.f1) best = score;
  }
  return best;
}

TextFigure rouge_mean(RougeKind kind, bool stem, Predictions predictions, ReferenceSets references) {
  require_texts(predictions, references);
  std::vector<double> scores;
  for (size_t i = 0; i < predictions.size(); ++i) scores.push_back(best_rouge(kind, predictions[i], references[i], stem).f1);
  return mean_figure(std::move(scores));
}

}  // namespace espalier
