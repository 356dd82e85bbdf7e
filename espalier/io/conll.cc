#include "espalier/io/conll.h"

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/line_reader.h"

namespace espalier {
namespace {

std::vector<std::string> cells_of(std::string_view line) {
  if (line.find('\t') != std::string_view::npos) return split(line, '\t');
  std::vector<std::string> cells;
  for (const std::string& part : split(line, ' ')) {
    if (!part.empty()) cells.push_back(part);
  }
  return cells;
}

}  // namespace

ConllReader::ConllReader(const std::string& path) : reader_(std::make_unique<LineReader>(path)) {
  path_ = reader_->name();
  if (!read(first_)) throw data_error("the file holds no tokens; expected one a line").at(path_);
  first_pending_ = true;
}

ConllReader::~ConllReader() = default;

bool ConllReader::next(Sentence& sentence) {
  if (first_pending_) {
    first_pending_ = false;
    sentence = std::move(first_);
  } else if (!read(sentence)) {
    return false;
  }
  ++sentences_;
  return true;
}

bool ConllReader::read(Sentence& sentence) {
  sentence = Sentence{std::vector<std::vector<std::string>>(columns_), 0};
  std::string line;
  while (reader_->next(line)) {
    const std::string_view text = trim(line);
    if (text.empty() || text.starts_with("-DOCSTART-")) {
      if (sentence.size() > 0) return true;
      continue;
    }
    const std::vector<std::string> cells = cells_of(text);
    if (columns_ == 0) {
      columns_ = cells.size();
      sentence.columns.resize(columns_);
    }
    if (cells.size() != columns_) {
      throw data_error("the token has {} {}; expected {}, as the first one has", cells.size(),
                       cells.size() == 1 ? "column" : "columns", columns_)
          .at(place(reader_->lines()));
    }
    if (sentence.size() == 0) sentence.line = reader_->lines();
    for (size_t i = 0; i < columns_; ++i) sentence.columns[i].push_back(cells[i]);
  }
  return sentence.size() > 0;
}

size_t ConllReader::column(std::string_view number) const {
  const auto count = static_cast<int64_t>(columns_);
  const std::optional<int64_t> at = parse_int(number);
  if (at && *at >= -count && *at < count) return *at < 0 ? count + *at : *at;
  throw usage_error("there is no column '{}'; the file has {}, 0 to {}", printable(number, 100), count, count - 1)
      .at(path_)
      .hint("CoNLL columns have numbers: 0 is the first, -1 the last");
}

std::string ConllReader::place(int64_t line) const { return fmt::format("{}:{}", path_, line); }

int64_t ConllReader::lines() const { return reader_->lines(); }

int64_t ConllReader::repaired() const { return reader_->repaired(); }

}  // namespace espalier
