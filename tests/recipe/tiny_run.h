// A tiny random BERT folder with a vocabulary of its own, and a small task that bags of words separate.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/base/log.h"
#include "espalier/base/seed.h"
#include "espalier/models/load.h"
#include "espalier/models/save.h"
#include "espalier/nn/tensor.h"
#include "espalier/recipe/run.h"
#include "tests/support/files.h"

namespace espalier::test {

using support::expect_error;
using support::TemporaryFolder;

inline const std::vector<std::string>& warm_words() {
  static const std::vector<std::string> words{"red", "rose", "fire", "ruby", "brick", "cherry"};
  return words;
}
inline const std::vector<std::string>& cold_words() {
  static const std::vector<std::string> words{"blue", "sky", "sea", "ice", "navy", "river"};
  return words;
}
inline const std::vector<std::string>& other_words() {
  static const std::vector<std::string> words{"the", "a", "of", "with", "some", "old", "new", "house"};
  return words;
}

inline void write_tiny_model(const fs::path& folder, uint64_t seed = 5) {
  std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  int64_t size = 5;
  for (const auto* words : {&warm_words(), &cold_words(), &other_words()}) {
    for (const std::string& word : *words) vocabulary += word + "\n", ++size;
  }
  const nlohmann::json config = {{"model_type", "bert"},
                                 {"vocab_size", size},
                                 {"hidden_size", 32},
                                 {"num_hidden_layers", 2},
                                 {"num_attention_heads", 2},
                                 {"intermediate_size", 48},
                                 {"max_position_embeddings", 24},
                                 {"type_vocab_size", 2},
                                 {"hidden_act", "gelu"},
                                 {"hidden_dropout_prob", 0.1},
                                 {"attention_probs_dropout_prob", 0.1},
                                 {"initializer_range", 0.2}};
  auto model = make_model(config, "tiny");
  initialize(*model, at::kFloat, seed);
  MemoryLog log;
  save_model(*model, folder, folder, log);
  write_file(folder / "vocab.txt", vocabulary);
  write_file(folder / "tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer", "do_lower_case": true})");
}

/// Six words a row, two to four of them warm or cold.
inline std::string tiny_rows(int64_t rows, uint64_t seed) {
  std::string text = "words\tside\n";
  for (int64_t i = 0; i < rows; ++i) {
    RandomStream random(derive_key(seed, uint64_t(i)));
    const bool warm = random.below(2) == 0;
    const auto telling = int64_t(2 + random.below(3));
    std::string line;
    for (int64_t j = 0; j < 6; ++j) {
      const auto& words = j < telling ? (warm ? warm_words() : cold_words()) : other_words();
      line += (j > 0 ? " " : "") + words[size_t(random.below(words.size()))];
    }
    text += line + "\t" + (warm ? "warm" : "cold") + "\n";
  }
  return text;
}

/// model/, train.tsv and dev.tsv in a folder of their own.
struct TinyWorld {
  TinyWorld() {
    write_tiny_model(folder / "model");
    folder.write("train.tsv", tiny_rows(256, 1));
    folder.write("dev.tsv", tiny_rows(64, 2));
  }
  Recipe recipe(const std::string& method, const std::string& train = "") const {
    const std::string text = fmt::format(
        "model = {{ from = \"{0}/model\", pooling = \"mean\" }}\n"
        "data = {{ train = \"{0}/train.tsv\", dev = \"{0}/dev.tsv\", text = \"words\", label = \"side\", batch = 16 }}\n"
        "method = [{{ kind = \"{1}\" }}]\n[train]\n{2}\n",
        folder.path().string(), method, train);
    return read_recipe(parse_toml(text, "tiny.toml"));
  }
  Plan plan(const std::string& method, const std::string& train = "") const {
    MemoryLog log;
    return resolve(recipe(method, train), log);
  }
  TemporaryFolder folder;
};

inline std::string file_hash(const fs::path& path) { return sha256_file(path); }

}  // namespace espalier::test
