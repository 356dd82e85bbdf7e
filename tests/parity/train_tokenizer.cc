// parity_train_tokenizer KIND FOLDER SIZE MIN_FREQUENCY LOWERCASE LIMIT_ALPHABET: learns a tokenizer from texts on standard
// input, each a 32-bit length and its bytes, and writes it to FOLDER. KIND: wordpiece, gpt2, roberta or t5. On standard output:
// seconds of the processor for counting and learning.
#include <cstdio>
#include <ctime>

#include "espalier/base/error.h"
#include "espalier/text/train_bpe.h"
#include "espalier/text/train_wordpiece.h"

namespace {

using namespace espalier;

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

template <class Trainer, class Options, class Write>
void run(const Options& options, const std::string& folder, Write write) {
  const std::vector<std::string> texts = read_texts();
  const std::clock_t start = std::clock();
  Trainer trainer(options);
  for (const std::string& text : texts) trainer.add(text);
  const LearnedVocabulary learned = trainer.train();
  fmt::print("{:.4f}\n", double(std::clock() - start) / CLOCKS_PER_SEC);
  write(learned, options, folder, 0);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 7) throw usage_error("parity_train_tokenizer KIND FOLDER SIZE MIN_FREQUENCY LOWERCASE LIMIT_ALPHABET");
  const std::string kind = argv[1], folder = argv[2];
  const int64_t size = std::stoll(argv[3]), least = std::stoll(argv[4]), limit = std::stoll(argv[6]);
  if (kind == "wordpiece") {
    WordPieceTraining options;
    options.vocabulary.size = size;
    options.vocabulary.min_frequency = least;
    options.vocabulary.limit_alphabet = limit;
    options.lowercase = argv[5][0] == '1';
    run<WordPieceTrainer>(options, folder, write_wordpiece);
  } else {
    BpeTraining options;
    options.style = kind == "gpt2" ? BpeStyle::gpt2 : kind == "roberta" ? BpeStyle::roberta : BpeStyle::t5;
    options.size = size;
    options.min_frequency = least;
    run<BpeTrainer>(options, folder, write_bpe);
  }
  return 0;
} catch (const std::exception& e) {
  fmt::print(stderr, "{}\n", e.what());
  return 1;
}
