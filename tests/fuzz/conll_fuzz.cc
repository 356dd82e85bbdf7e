// CoNLL: tokens and columns.
#include "espalier/base/text.h"
#include "espalier/io/conll.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void read(std::string_view bytes) {
  ConllReader reader(memory_file(bytes).string());
  Sentence sentence;
  while (reader.next(sentence)) {
    expect(sentence.size() > 0 && sentence.columns.size() == reader.columns(), "a sentence has tokens and all columns");
    for (const auto& column : sentence.columns) {
      expect(column.size() == sentence.size(), "columns are equally long");
      for (const std::string& cell : column) expect(valid_utf8(cell), "cells are UTF-8");
    }
  }
}

const AddTarget kTarget("conll", read);

}  // namespace
}  // namespace espalier::fuzz
