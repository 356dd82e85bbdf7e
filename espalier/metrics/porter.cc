// The steps of the paper; each suffix table is tried in order and its first suffix that fits decides.
#include "espalier/metrics/porter.h"

#include <array>
#include <span>
#include <vector>

namespace espalier {
namespace {

bool vowel_letter(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'; }

// Per letter; y is a consonant at the start and after a vowel.
std::vector<bool> consonants(std::string_view word) {
  std::vector<bool> flags;
  for (size_t i = 0; i < word.size(); ++i) {
    flags.push_back(word[i] == 'y' ? i == 0 || !flags[i - 1] : !vowel_letter(word[i]));
  }
  return flags;
}

// m of [C](VC){m}[V].
int measure(std::string_view stem) {
  const std::vector<bool> flags = consonants(stem);
  int m = 0;
  for (size_t i = 1; i < flags.size(); ++i) m += !flags[i - 1] && flags[i];
  return m;
}

bool has_vowel(std::string_view stem) {
  for (const bool consonant : consonants(stem)) {
    if (!consonant) return true;
  }
  return false;
}

bool double_consonant(std::string_view word) {
  return word.size() >= 2 && word.back() == word[word.size() - 2] && consonants(word).back();
}

// Consonant, vowel, consonant other than w, x, y; with NLTK also a vowel and a consonant alone.
bool ends_cvc(std::string_view word) {
  const std::vector<bool> c = consonants(word);
  const size_t n = c.size();
  if (n == 2) return !c[0] && c[1];
  return n >= 3 && c[n - 3] && !c[n - 2] && c[n - 1] && word.back() != 'w' && word.back() != 'x' && word.back() != 'y';
}

struct Rule {
  std::string_view suffix, replacement;
};

// The first rule whose suffix ends the word: applied where the stem's measure is above `above`, else nothing is.
std::string apply(std::string_view word, std::span<const Rule> rules, int above) {
  for (const Rule& rule : rules) {
    if (!word.ends_with(rule.suffix)) continue;
    const std::string_view stem = word.substr(0, word.size() - rule.suffix.size());
    if (above >= 0 && measure(stem) <= above) break;
    return std::string(stem).append(rule.replacement);
  }
  return std::string(word);
}

std::string plurals(std::string_view word) {  // step 1a
  if (word.size() == 4 && word.ends_with("ies")) return std::string(word.substr(0, 3));
  static constexpr std::array<Rule, 4> kRules{{{"sses", "ss"}, {"ies", "i"}, {"ss", "ss"}, {"s", ""}}};
  return apply(word, kRules, -1);
}

std::string after_ed(std::string_view stem) {
  for (const std::string_view ending : {"at", "bl", "iz"}) {
    if (stem.ends_with(ending)) return std::string(stem) + "e";
  }
  if (double_consonant(stem)) {
    const char last = stem.back();
    return std::string(last == 'l' || last == 's' || last == 'z' ? stem : stem.substr(0, stem.size() - 1));
  }
  return measure(stem) == 1 && ends_cvc(stem) ? std::string(stem) + "e" : std::string(stem);
}

std::string past_and_ing(std::string_view word) {  // step 1b
  if (word.ends_with("ied")) return std::string(word.substr(0, word.size() - (word.size() == 4 ? 1 : 2)));
  if (word.ends_with("eed")) {
    return std::string(measure(word.substr(0, word.size() - 3)) > 0 ? word.substr(0, word.size() - 1) : word);
  }
  for (const std::string_view suffix : {"ed", "ing"}) {
    if (!word.ends_with(suffix)) continue;
    const std::string_view stem = word.substr(0, word.size() - suffix.size());
    if (has_vowel(stem)) return after_ed(stem);
  }
  return std::string(word);
}

std::string final_y(std::string_view word) {  // step 1c
  if (word.size() > 2 && word.back() == 'y' && consonants(word)[word.size() - 2]) {
    return std::string(word.substr(0, word.size() - 1)) + "i";
  }
  return std::string(word);
}

std::string double_suffixes(std::string_view word) {  // step 2
  if (word.ends_with("alli") && measure(word.substr(0, word.size() - 4)) > 0) {
    return double_suffixes(word.substr(0, word.size() - 2));
  }
  static constexpr std::array<Rule, 21> kRules{
      {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"},   {"anci", "ance"},   {"izer", "ize"},    {"bli", "ble"},
       {"alli", "al"},     {"entli", "ent"},   {"eli", "e"},       {"ousli", "ous"},   {"ization", "ize"}, {"ation", "ate"},
       {"ator", "ate"},    {"alism", "al"},    {"iveness", "ive"}, {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},
       {"iviti", "ive"},   {"biliti", "ble"},  {"fulli", "ful"}}};
  // The l of logi counts with the stem, so that short ones such as geo are cut too.
  if (word.ends_with("logi")) {
    const std::string_view stem = word.substr(0, word.size() - 1);
    return std::string(measure(word.substr(0, word.size() - 3)) > 0 ? stem : word);
  }
  return apply(word, kRules, 0);
}

std::string third_suffixes(std::string_view word) {  // step 3
  static constexpr std::array<Rule, 7> kRules{
      {{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""}}};
  return apply(word, kRules, 0);
}

std::string last_suffixes(std::string_view word) {  // step 4
  static constexpr std::array<Rule, 11> kFirst{{{"al", ""},
                                                {"ance", ""},
                                                {"ence", ""},
                                                {"er", ""},
                                                {"ic", ""},
                                                {"able", ""},
                                                {"ible", ""},
                                                {"ant", ""},
                                                {"ement", ""},
                                                {"ment", ""},
                                                {"ent", ""}}};
  static constexpr std::array<Rule, 7> kSecond{
      {{"ou", ""}, {"ism", ""}, {"ate", ""}, {"iti", ""}, {"ous", ""}, {"ive", ""}, {"ize", ""}}};
  for (const Rule& rule : kFirst) {
    if (word.ends_with(rule.suffix)) return apply(word, {&rule, 1}, 1);
  }
  if (word.ends_with("ion")) {
    const std::string_view stem = word.substr(0, word.size() - 3);
    const bool fits = measure(stem) > 1 && (stem.back() == 's' || stem.back() == 't');
    return std::string(fits ? stem : word);
  }
  return apply(word, kSecond, 1);
}

std::string final_e(std::string_view word) {  // step 5a
  if (!word.ends_with("e")) return std::string(word);
  const std::string_view stem = word.substr(0, word.size() - 1);
  const int m = measure(stem);
  return std::string(m > 1 || (m == 1 && !ends_cvc(stem)) ? stem : word);
}

std::string double_l(std::string_view word) {  // step 5b
  const bool fits = word.ends_with("ll") && measure(word.substr(0, word.size() - 1)) > 1;
  return std::string(fits ? word.substr(0, word.size() - 1) : word);
}

constexpr std::array<Rule, 16> kIrregular{{{"sky", "sky"},
                                           {"skies", "sky"},
                                           {"dying", "die"},
                                           {"lying", "lie"},
                                           {"tying", "tie"},
                                           {"news", "news"},
                                           {"innings", "inning"},
                                           {"inning", "inning"},
                                           {"outings", "outing"},
                                           {"outing", "outing"},
                                           {"cannings", "canning"},
                                           {"canning", "canning"},
                                           {"howe", "howe"},
                                           {"proceed", "proceed"},
                                           {"exceed", "exceed"},
                                           {"succeed", "succeed"}}};

}  // namespace

std::string porter_stem(std::string_view word) {
  for (const Rule& rule : kIrregular) {
    if (word == rule.suffix) return std::string(rule.replacement);
  }
  std::string stem(word);
  if (stem.size() <= 2) return stem;
  for (const auto step : {plurals, past_and_ing, final_y, double_suffixes, third_suffixes, last_suffixes, final_e, double_l}) {
    stem = step(stem);
  }
  return stem;
}

}  // namespace espalier
