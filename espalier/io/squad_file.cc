#include "espalier/io/squad_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"

namespace espalier {
namespace {

using Json = nlohmann::json;

/// Where each character of a text begins, and where the last one ends.
std::vector<int64_t> character_starts(std::string_view text) {
  std::vector<int64_t> starts;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) starts.push_back(int64_t(i));
  }
  starts.push_back(int64_t(text.size()));
  return starts;
}

class Reader {
 public:
  Reader(const std::string& place, SquadFile& file) : place_(place), file_(file) {}

  void read(const Json& root) {
    file_.version = version_of(root);
    const Json& articles = json_array(root, "data", place_);
    for (size_t a = 0; a < articles.size(); ++a) {
      const std::string at = fmt::format("{}: data[{}]", place_, a);
      const std::string title = json_string(articles[a], "title", at, "");
      const Json& paragraphs = json_array(articles[a], "paragraphs", at);
      for (size_t p = 0; p < paragraphs.size(); ++p)
        read_paragraph(paragraphs[p], title, fmt::format("{}.paragraphs[{}]", at, p));
    }
    problems_.raise(ErrorKind::data, place_ + ": answers or questions are wrong");
  }

 private:
  // A text in the official files, a number in some others.
  std::string version_of(const Json& root) const {
    const Json* version = json_find(root, "version", place_);
    if (version == nullptr) return "";
    return version->is_string() ? version->get<std::string>() : version->dump();
  }

  void read_paragraph(const Json& given, const std::string& title, const std::string& at) {
    SquadParagraph& paragraph = file_.paragraphs.emplace_back();
    paragraph.title = title;
    paragraph.context = json_string(given, "context", at);
    const std::vector<int64_t> starts = character_starts(paragraph.context);
    const Json& questions = json_array(given, "qas", at);
    for (size_t q = 0; q < questions.size(); ++q) {
      const std::string place = fmt::format("{}.qas[{}]", at, q);
      SquadQuestion& question = paragraph.questions.emplace_back();
      question.id = json_string(questions[q], "id", place);
      question.text = json_string(questions[q], "question", place);
      question.impossible = json_bool(questions[q], "is_impossible", place, false);
      const std::string name = fmt::format("{}: question {}", place_, printable(question.id));
      if (!ids_.insert(question.id).second) problems_.add(name, "its id is given twice");
      question.answers = answers_of(questions[q], "answers", paragraph.context, starts, place, name);
      question.plausible = answers_of(questions[q], "plausible_answers", paragraph.context, starts, place, name);
      if (question.impossible && !question.answers.empty()) {
        problems_.add(name, fmt::format("it is marked as impossible and has {} answers", question.answers.size()));
      }
    }
  }

  std::vector<SquadAnswer> answers_of(const Json& question, const char* key, const std::string& context,
                                      const std::vector<int64_t>& starts, const std::string& at, const std::string& name) {
    std::vector<SquadAnswer> answers;
    if (json_find(question, key, at) == nullptr) return answers;
    const Json& given = json_array(question, key, at);
    for (size_t i = 0; i < given.size(); ++i) {
      const std::string place = fmt::format("{}.{}[{}]", at, key, i);
      SquadAnswer& answer = answers.emplace_back();
      answer.text = json_string(given[i], "text", place);
      const int64_t start = json_int(given[i], "answer_start", place);
      const int64_t size = int64_t(character_starts(answer.text).size()) - 1, whole = int64_t(starts.size()) - 1;
      if (start < 0 || size > whole - start) {
        problems_.add(name,
                      fmt::format("{}[{}] begins at character {} and has {}; its context has {}", key, i, start, size, whole));
        continue;
      }
      answer.begin = starts[size_t(start)], answer.end = starts[size_t(start + size)];
      if (context.compare(size_t(answer.begin), size_t(answer.end - answer.begin), answer.text) != 0) {
        problems_.add(name, fmt::format("{}[{}] is not what stands at character {} of its context{}", key, i, start,
                                        elsewhere(context, starts, answer.text)));
      }
    }
    return answers;
  }

  static std::string elsewhere(const std::string& context, const std::vector<int64_t>& starts, const std::string& text) {
    const size_t found = context.find(text);
    if (found == std::string::npos) return ", nor anywhere in it";
    return fmt::format("; it stands at {}", std::lower_bound(starts.begin(), starts.end(), int64_t(found)) - starts.begin());
  }

  const std::string& place_;
  SquadFile& file_;
  std::set<std::string> ids_;
  Problems problems_;
};

}  // namespace

int64_t SquadFile::questions() const {
  int64_t count = 0;
  for (const SquadParagraph& paragraph : paragraphs) count += int64_t(paragraph.questions.size());
  return count;
}

SquadFile parse_squad(std::string_view text, const std::string& place) {
  SquadFile file;
  Reader(place, file).read(parse_json(text, place));
  return file;
}

SquadFile read_squad(const fs::path& path) { return parse_squad(read_file(path), path.string()); }

}  // namespace espalier
