#include "espalier/metrics/vqa.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/metrics/check.h"
#include "espalier/metrics/python_text.h"

namespace espalier {
namespace {

constexpr std::string_view kPunctuation = ";/[]\"{}()=+\\_-><@`,?!";  // in the order in which the script goes through it
constexpr int kMostPeriods = 32;  // are removed: the script gives re.UNICODE, 32, where re.sub takes a count

// The contractions that the script restores; it knows each with any one apostrophe missing.
constexpr std::string_view kContractions =
    "ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've he's "
    "how'd how'll how's i'd've i'm i've isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't must've needn't "
    "not've o'clock oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's "
    "someone'd someone'd've someone'll someone's something'd something'd've something'll that's there'd there'd've there're "
    "there's they'd they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's what've when's "
    "where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't would've wouldn't wouldn't've y'all "
    "y'all'll y'all'd've you'd you'd've you'll you're you've";

const std::unordered_map<std::string, std::string>& contractions() {
  static const auto table = [] {
    std::unordered_map<std::string, std::string> made{{"somebody'd", "somebodyd"}};
    for (const std::string& whole : split(kContractions, ' ')) {
      if (whole.starts_with("i'")) continue;
      for (size_t at = whole.find('\''); at != std::string::npos; at = whole.find('\'', at + 1)) {
        made.emplace(std::string(whole).erase(at, 1), whole);
      }
    }
    return made;
  }();
  return table;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kNumbers{{{"none", "0"},
                                                                                  {"zero", "0"},
                                                                                  {"one", "1"},
                                                                                  {"two", "2"},
                                                                                  {"three", "3"},
                                                                                  {"four", "4"},
                                                                                  {"five", "5"},
                                                                                  {"six", "6"},
                                                                                  {"seven", "7"},
                                                                                  {"eight", "8"},
                                                                                  {"nine", "9"},
                                                                                  {"ten", "10"}}};

// \d,\d somewhere.
bool comma_in_number(const std::vector<char32_t>& points) {
  for (size_t i = 1; i + 1 < points.size(); ++i) {
    if (points[i] == ',' && python_digit(points[i - 1]) && python_digit(points[i + 1])) return true;
  }
  return false;
}

// A sign that stands beside a blank anywhere, and every sign where some number has a comma, is dropped; else it becomes a blank.
std::string without_punctuation(std::string_view answer) {
  std::vector<char32_t> points = text_points(answer);
  const bool number = comma_in_number(points);
  std::string text(answer);
  for (const char sign : kPunctuation) {
    const bool beside_blank = answer.find(std::string{sign, ' '}) != std::string_view::npos ||
                              answer.find(std::string{' ', sign}) != std::string_view::npos;
    text = replace_all(std::move(text), std::string(1, sign), beside_blank || number ? "" : " ");
  }
  points = text_points(text);
  std::vector<char32_t> out;
  int dropped = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    const bool before_digit = i + 1 < points.size() && python_digit(points[i + 1]);
    if (points[i] == '.' && !before_digit && dropped < kMostPeriods) {
      ++dropped;
    } else {
      out.push_back(points[i]);
    }
  }
  return points_text(out);
}

std::string on_one_line(std::string_view answer) {
  std::string text(answer);
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\t', ' ');
  return std::string(python_strip(text));
}

}  // namespace

std::string vqa_normalize(std::string_view answer) {
  Tokens words;
  for (std::string& word : python_split(python_lower(without_punctuation(on_one_line(answer))))) {
    const auto* number = std::find_if(kNumbers.begin(), kNumbers.end(), [&](const auto& entry) { return entry.first == word; });
    if (number != kNumbers.end()) word = number->second;
    if (word == "a" || word == "an" || word == "the") continue;
    const auto whole = contractions().find(word);
    words.push_back(whole == contractions().end() ? std::move(word) : whole->second);
  }
  return join(words, " ");
}

double vqa_accuracy(std::string_view prediction, std::span<const std::string> answers) {
  if (answers.empty()) throw data_error("a question without answers; expected one of each person");
  std::string said = on_one_line(prediction);
  std::vector<std::string> people;
  for (const std::string& answer : answers) people.push_back(on_one_line(answer));
  if (std::set<std::string>(people.begin(), people.end()).size() > 1) {
    said = vqa_normalize(said);
    for (std::string& answer : people) answer = vqa_normalize(answer);
  }
  const auto agreeing = std::count(people.begin(), people.end(), said);
  double sum = 0;
  for (const std::string& answer : people) sum += std::min(1.0, double(agreeing - (answer == said)) / 3);
  return sum / double(people.size());
}

TextFigure vqa_figure(Predictions predictions, ReferenceSets references) {
  require_texts(predictions, references);
  std::vector<double> scores;
  for (size_t i = 0; i < predictions.size(); ++i) scores.push_back(vqa_accuracy(predictions[i], references[i]));
  return mean_figure(std::move(scores));
}

}  // namespace espalier
