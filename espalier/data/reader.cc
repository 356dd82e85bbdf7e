#include "espalier/data/reader.h"

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/data/encoder.h"
#include "espalier/data/readers.h"

namespace espalier {
namespace {

void share(const std::string& path, int64_t part, int64_t whole, const std::string& what, Log& log) {
  if (part == 0) return;
  log.note(fmt::format("{}: {} of {} ({}) {}", path, with_commas(part), with_commas(whole),
                       percent(double(part) / double(std::max<int64_t>(1, whole))), what));
}

}  // namespace

bool ReadOptions::wants(int64_t row) const {
  return rows == nullptr || (row < int64_t(rows->size()) && (*rows)[size_t(row)] == rows_value);
}

void ReadCounts::report(const std::string& path, Log& log) const {
  share(path, cut, rows, fmt::format("cut at {}", max_length), log);
  share(path, empty, rows, "have an empty text", log);
  share(path, inside, rows, "spans begin or end inside a word", log);
  if (repaired > 0) log.warn(fmt::format("{}: {} invalid UTF-8 sequences replaced by U+FFFD", path, with_commas(repaired)));
  if (short_rows > 0) log.warn(fmt::format("{}: {} rows with too few cells skipped", path, with_commas(short_rows)));
  if (blank > 0) log.note(fmt::format("{}: {} blank lines skipped", path, with_commas(blank)));
}

std::unique_ptr<ExampleReader> open_examples(const Task& task, const std::string& path, const Tokenizer& tokenizer,
                                             const ReadOptions& options) {
  if (task.kind == TaskKind::causal_lm) return open_packed_examples(task, path, tokenizer, options);
  if (task.kind == TaskKind::tokens && task.conll(path)) return open_conll_examples(task, path, tokenizer, options);
  return open_table_examples(task, path, tokenizer, options);
}

Example encode_example(const Task& task, const Tokenizer& tokenizer, std::string_view text, std::string_view pair,
                       const ReadOptions& options) {
  Task whole = task;
  if (whole.limit.too_long == Long::windows) whole.limit.too_long = Long::cut;
  return Encoder(whole, tokenizer, options.spans).encode(text, pair)[0];
}

}  // namespace espalier
