// parity_tokenize FOLDER: texts on standard input, each a 32-bit length and its bytes; on standard output for each text the
// number of tokens n as 32 bits, then n ids, n first bytes, n last bytes and n word indices, then the decoded text: its length as
// 32 bits and its bytes, filled up to a multiple of 4. Timing goes to standard error.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <iterator>

#include "espalier/base/error.h"
#include "espalier/text/tokenizer.h"

namespace {

std::vector<std::string> read_texts() {
  std::vector<std::string> texts;
  int32_t size = 0;
  while (std::fread(&size, sizeof size, 1, stdin) == 1) {
    std::string text(static_cast<size_t>(size), '\0');
    if (std::fread(text.data(), 1, text.size(), stdin) != text.size()) break;
    texts.push_back(std::move(text));
  }
  return texts;
}

void write(const std::vector<int32_t>& numbers) { std::fwrite(numbers.data(), sizeof numbers[0], numbers.size(), stdout); }

void write(const espalier::Encoding& encoding) {
  write(std::vector<int32_t>{static_cast<int32_t>(encoding.size())});
  write(encoding.ids);
  std::vector<int32_t> begins, ends;
  for (const auto& [begin, end] : encoding.offsets) {
    begins.push_back(begin);
    ends.push_back(end);
  }
  write(begins);
  write(ends);
  write(encoding.words);
}

void write(std::string text) {
  write(std::vector<int32_t>{static_cast<int32_t>(text.size())});
  text.resize((text.size() + 3) / 4 * 4);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) throw espalier::usage_error("parity_tokenize FOLDER < texts > tokens");
  const auto tokenizer = espalier::load_tokenizer(argv[1]);
  const std::vector<std::string> texts = read_texts();
  constexpr size_t kBatch = 1000;
  std::clock_t spent = 0;  // of the processor, so that other work does not count
  int64_t tokens = 0;
  std::vector<espalier::Encoding> encodings;
  for (size_t begin = 0; begin < texts.size(); begin += kBatch) {
    const std::clock_t start = std::clock();
    encodings.clear();
    for (size_t i = begin; i < std::min(begin + kBatch, texts.size()); ++i) encodings.push_back(tokenizer->encode(texts[i]));
    spent += std::clock() - start;
    for (const espalier::Encoding& encoding : encodings) {
      tokens += static_cast<int64_t>(encoding.size());
      write(encoding);
      write(tokenizer->decode(encoding.ids));
    }
  }
  const double seconds = static_cast<double>(spent) / CLOCKS_PER_SEC;
  fmt::print(stderr, "{} texts, {} tokens, {:.3f} s, {:.2f} M tokens/s\n", texts.size(), tokens, seconds,
             static_cast<double>(tokens) / seconds / 1e6);
  return 0;
} catch (const std::exception& e) {
  fmt::print(stderr, "{}\n", e.what());
  return 1;
}
