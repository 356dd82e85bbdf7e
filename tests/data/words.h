// A tiny WordPiece tokenizer for tests of the data layer, and shorthands for tasks and examples.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "espalier/base/text.h"
#include "espalier/data/reader.h"
#include "tests/support/files.h"

namespace espalier::test {

/// Ids are line numbers: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, then the words.
inline const char* const kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\ne\nf\ngood\nbad\nfilm\nnew\nyork\n##ing\nplay\n##er\n,\n.\njohn\nlives\nin\n"
    "berlin\nx\n";

inline std::unique_ptr<Tokenizer> tiny_tokenizer() {
  const support::TemporaryFolder folder;
  folder.write("vocab.txt", kVocabulary);
  folder.write("tokenizer_config.json", R"({"do_lower_case": true, "tokenizer_class": "BertTokenizer"})");
  return load_tokenizer(folder.path());
}

/// All examples of a file.
inline std::vector<Example> read_all(const Task& task, const std::string& path, const Tokenizer& tokenizer,
                                     const ReadOptions& options = {}) {
  const auto reader = open_examples(task, path, tokenizer, options);
  std::vector<Example> examples;
  Example example;
  while (reader->next(example)) examples.push_back(example);
  return examples;
}

inline Task classify_task(std::vector<std::string> text, std::string label, std::vector<std::string> labels = {}) {
  Task task;
  task.text = std::move(text);
  task.label = {std::move(label)};
  task.labels = std::move(labels);
  return task;
}

using Ids = std::vector<int32_t>;

}  // namespace espalier::test
