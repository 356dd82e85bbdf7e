#include "espalier/metrics/bleu.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/metrics/ngrams.h"

namespace espalier {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool stop(char c) { return c == '.' || c == ','; }
// What 13a sets apart everywhere: ASCII punctuation but ' , - . (and blanks, which are there already).
bool apart(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') ||
         (c >= ':' && c <= '@') || c == '/';
}

// Each pair of neighbours that `first` and `second` accept is written by `write` and left behind, as a regular expression would.
template <class First, class Second, class Write>
std::string replace_pairs(const std::string& text, First first, Second second, Write write) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i + 1 < text.size() && first(text[i]) && second(text[i + 1])) {
      write(out, text[i], text[i + 1]);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

Tokens tokens_of(std::string_view text, const BleuOptions& options) {
  const std::string lower = options.lower ? python_lower(text) : std::string(text);
  return options.tokenize ? tokenize_13a(lower) : python_split(lower);
}

TextFigure corpus_figure(Predictions predictions, ReferenceSets references, const BleuOptions& options) {
  require_texts(predictions, references);
  std::vector<BleuCounts> counts;
  for (size_t i = 0; i < predictions.size(); ++i) counts.push_back(bleu_counts(predictions[i], references[i], options));
  return [counts = std::move(counts), options](std::span<const int64_t> rows) {
    BleuCounts sum;
    for (const int64_t row : rows) sum += counts[size_t(row)];
    return bleu_score(sum, options).score;
  };
}

}  // namespace

Tokens tokenize_13a(std::string_view text) {
  // sacrebleu strips the end before anything else, so "-\n" at the end keeps its dash.
  const std::string_view stripped = python_strip(text);
  std::string line(text.substr(0, stripped.empty() ? 0 : size_t(stripped.data() + stripped.size() - text.data())));
  line = replace_all(std::move(line), "<skipped>", "");
  line = replace_all(std::move(line), "-\n", "");
  line = replace_all(std::move(line), "\n", " ");
  for (const auto& [from, to] : {std::pair{"&quot;", "\""}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}}) {
    line = replace_all(std::move(line), from, to);
  }
  std::string spread = " ";
  for (const char c : line + " ") {
    if (apart(c)) {
      spread.append(1, ' ').append(1, c).append(1, ' ');
    } else {
      spread += c;
    }
  }
  const auto not_digit = [](char c) { return !digit(c); };
  const auto dash = [](char c) { return c == '-'; };
  const auto behind = [](std::string& out, char a, char b) { out.append(1, a).append(1, ' ').append(1, b).append(1, ' '); };
  const auto before = [](std::string& out, char a, char b) { out.append(1, ' ').append(1, a).append(1, ' ').append(1, b); };
  spread = replace_pairs(spread, not_digit, stop, behind);
  spread = replace_pairs(spread, stop, not_digit, before);
  return python_split(replace_pairs(spread, digit, dash, behind));
}

BleuCounts& BleuCounts::operator+=(const BleuCounts& other) {
  length += other.length, reference_length += other.reference_length;
  matches.resize(std::max(matches.size(), other.matches.size()));
  totals.resize(matches.size());
  for (size_t n = 0; n < other.matches.size(); ++n) matches[n] += other.matches[n], totals[n] += other.totals[n];
  return *this;
}

BleuCounts bleu_counts(std::string_view prediction, std::span<const std::string> references, const BleuOptions& options) {
  if (references.empty()) throw data_error("BLEU of a text without references; expected at least one");
  const Tokens predicted = tokens_of(prediction, options);
  BleuCounts counts{int64_t(predicted.size()), -1, std::vector<int64_t>(options.max_order),
                    std::vector<int64_t>(options.max_order)};
  std::vector<NgramCounts> most(options.max_order);  // of each n-gram in any one reference
  int64_t closest = -1;
  for (const std::string& reference : references) {
    const Tokens tokens = tokens_of(reference, options);
    const int64_t length = int64_t(tokens.size()), away = std::abs(length - counts.length);
    if (closest < 0 || away < closest || (away == closest && length < counts.reference_length)) {
      closest = away, counts.reference_length = length;
    }
    for (size_t n = 0; n < options.max_order; ++n) {
      for (const auto& [ngram, count] : count_ngrams(tokens, n + 1)) {
        int64_t& known = most[n][ngram];
        known = std::max(known, count);
      }
    }
  }
  for (size_t n = 0; n < options.max_order; ++n) {
    for (const auto& [ngram, count] : count_ngrams(predicted, n + 1)) {
      counts.totals[n] += count;
      const auto found = most[n].find(ngram);
      if (found != most[n].end()) counts.matches[n] += std::min(count, found->second);
    }
  }
  return counts;
}

BleuScore bleu_score(const BleuCounts& counts, const BleuOptions& options) {
  BleuScore result;
  result.precisions.assign(options.max_order, 0);
  if (counts.length < counts.reference_length) {
    result.brevity = counts.length > 0 ? std::exp(1 - double(counts.reference_length) / double(counts.length)) : 0;
  }
  if (std::all_of(counts.matches.begin(), counts.matches.end(), [](int64_t m) { return m == 0; })) return result;
  const double value = options.smooth_value.value_or(options.smoothing == Smoothing::floor ? 0.1 : 1);
  double halves = 1;
  size_t order = options.max_order;
  for (size_t n = 0; n < options.max_order; ++n) {
    const double more = options.smoothing == Smoothing::add_k && n > 0 ? value : 0;
    const double matches = double(counts.matches[n]) + more, total = double(counts.totals[n]) + more;
    if (total == 0) break;
    if (options.effective_order) order = n + 1;
    if (matches != 0) {
      result.precisions[n] = 100 * matches / total;
    } else if (options.smoothing == Smoothing::exp) {
      halves *= 2;
      result.precisions[n] = 100 / (halves * total);
    } else if (options.smoothing == Smoothing::floor) {
      result.precisions[n] = 100 * value / total;
    }
  }
  double logs = 0;
  for (size_t n = 0; n < order; ++n) {
    if (result.precisions[n] == 0) return result;
    logs += std::log(result.precisions[n]);
  }
  result.score = result.brevity * std::exp(logs / double(order));
  return result;
}

BleuScore corpus_bleu(Predictions predictions, ReferenceSets references, const BleuOptions& options) {
  require_texts(predictions, references);
  BleuCounts sum;
  for (size_t i = 0; i < predictions.size(); ++i) sum += bleu_counts(predictions[i], references[i], options);
  return bleu_score(sum, options);
}

BleuScore sentence_bleu(std::string_view prediction, std::span<const std::string> references, BleuOptions options) {
  options.effective_order = true;
  return bleu_score(bleu_counts(prediction, references, options), options);
}

TextFigure bleu(Predictions predictions, ReferenceSets references) { return corpus_figure(predictions, references, {}); }
TextFigure bleu_lower(Predictions predictions, ReferenceSets references) {
  BleuOptions options;
  options.lower = true;
  return corpus_figure(predictions, references, options);
}
TextFigure mean_sentence_bleu(Predictions predictions, ReferenceSets references) {
  require_texts(predictions, references);
  std::vector<double> scores;
  for (size_t i = 0; i < predictions.size(); ++i) scores.push_back(sentence_bleu(predictions[i], references[i]).score);
  return mean_figure(std::move(scores));
}

}  // namespace espalier
