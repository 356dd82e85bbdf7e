#include "espalier/metrics/ngrams.h"

namespace espalier {

NgramCounts count_ngrams(const Tokens& tokens, size_t order) {
  NgramCounts counts;
  for (size_t first = 0; first + order <= tokens.size(); ++first) {
    std::string key = tokens[first];
    for (size_t i = 1; i < order; ++i) key.append(1, ' ').append(tokens[first + i]);
    ++counts[std::move(key)];
  }
  return counts;
}

std::vector<NgramCounts> count_ngrams_to(const Tokens& tokens, size_t longest) {
  std::vector<NgramCounts> counts;
  for (size_t order = 1; order <= longest; ++order) counts.push_back(count_ngrams(tokens, order));
  return counts;
}

}  // namespace espalier
