#include "espalier/io/rows.h"

#include <algorithm>
#include <span>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/row_formats.h"

namespace espalier {
namespace {

constexpr size_t kShownColumns = 20;
constexpr size_t kLongestName = 40;  // bytes

std::string column_list(const std::vector<std::string>& columns) {
  return (columns.size() == 1 ? "the only column is " : "the columns are ") + shown_columns(columns);
}

}  // namespace

std::string shown_columns(const std::vector<std::string>& columns) {
  std::vector<std::string> shown;
  for (const std::string& name : std::span(columns).first(std::min(columns.size(), kShownColumns))) {
    shown.push_back(name.size() <= kLongestName ? name : fmt::format("({} bytes)", name.size()));
  }
  std::string text = printable(join(shown, ", "), 400);
  if (columns.size() > kShownColumns) text += fmt::format(" and {} more", columns.size() - kShownColumns);
  return text;
}

size_t RowReader::column(std::string_view name_or_number) const {
  const auto at = std::find(columns_.begin(), columns_.end(), name_or_number);
  if (at != columns_.end()) return at - columns_.begin();
  const std::optional<int64_t> number = parse_int(name_or_number);
  if (number && *number >= 0 && *number < static_cast<int64_t>(columns_.size())) return *number;
  Error error = usage_error("there is no column '{}'{}; {}", printable(name_or_number, 100),
                            did_you_mean(name_or_number, columns_), column_list(columns_));
  if (columns_.size() == 1 && columns_[0].find_first_of("\t;,") != std::string::npos) {
    const char found = columns_[0][columns_[0].find_first_of("\t;,")];
    throw std::move(error).at(path_).hint(fmt::format("the header holds {}; give the format or separator that the file has",
                                                      found == '\t' ? std::string("tabs") : fmt::format("'{}'", found)));
  }
  throw std::move(error).at(path_);
}

std::string RowReader::place(int64_t line) const { return fmt::format("{}:{}", path_, line); }

std::string format_of(const std::string& path) {
  if (path == "-") return "lines";
  const std::string suffix = lower_ascii(fs::path(path).extension().string());
  if (suffix == ".tsv" || suffix == ".csv" || suffix == ".jsonl") return suffix.substr(1);
  if (suffix == ".ndjson" || suffix == ".json") return "jsonl";
  if (suffix == ".conll" || suffix == ".bio" || suffix == ".iob" || suffix == ".iob2") return "conll";
  if (suffix == ".txt") return "lines";
  throw usage_error("the suffix \"{}\" does not tell the format", suffix)
      .at(path)
      .hint("name the file .tsv, .csv, .jsonl, .conll or .txt, or give the format");
}

std::unique_ptr<RowReader> open_rows(const std::string& path, const RowOptions& options) {
  const std::string format = options.format == "auto" ? format_of(path) : options.format;
  if (format == "tsv" || format == "csv") return open_delimited(path, format, options);
  if (format == "jsonl") return open_json_lines(path, options);
  if (format == "lines") return open_plain_lines(path, options);
  if (format == "conll") throw usage_error("a CoNLL file holds sentences, not rows").at(path).hint("it is for tasks on tokens");
  const std::vector<std::string> known{"auto", "tsv", "csv", "jsonl", "lines"};
  throw usage_error("the format \"{}\" is unknown{}; expected one of {}", format, did_you_mean(format, known), join(known, ", "))
      .at(path);
}

std::string csv_cell(std::string_view text, char separator) {
  const bool plain = text.find_first_of("\"\r\n") == std::string_view::npos && text.find(separator) == std::string_view::npos &&
                     !text.starts_with(' ') && !text.ends_with(' ') && !text.starts_with('\t') && !text.ends_with('\t');
  if (plain) return std::string(text);
  return '"' + replace_all(std::string(text), "\"", "\"\"") + '"';
}

std::string tsv_cell(std::string_view text) {
  std::string cell = replace_all(std::string(text), "\r\n", " ");
  for (char& c : cell) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  return cell;
}

}  // namespace espalier
