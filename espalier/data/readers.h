// The readers behind open_examples, one source each.
#pragma once

#include <memory>
#include <string>

#include "espalier/data/reader.h"

namespace espalier {

std::unique_ptr<ExampleReader> open_table_examples(const Task& task, const std::string& path, const Tokenizer& tokenizer,
                                                   const ReadOptions& options);
std::unique_ptr<ExampleReader> open_packed_examples(const Task& task, const std::string& path, const Tokenizer& tokenizer,
                                                    const ReadOptions& options);
std::unique_ptr<ExampleReader> open_conll_examples(const Task& task, const std::string& path, const Tokenizer& tokenizer,
                                                   const ReadOptions& options);

}  // namespace espalier
