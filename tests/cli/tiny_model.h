// A folder with a tiny random BERT, its vocabulary, and a task that its words decide; written without a tensor library.
#pragma once

#include <cmath>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/base/seed.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "tests/support/files.h"

namespace espalier::test {

inline constexpr int64_t kWidth = 32, kInner = 48, kBlocks = 2, kPositions = 24;

inline const std::vector<std::string>& tiny_words() {
  static const std::vector<std::string> words{"red", "rose", "fire", "ruby", "blue", "sky", "sea", "ice",
                                              "the", "a",    "of",   "with", "some", "old", "new", "house"};
  return words;
}

class TinyWeights {
 public:
  void add(const std::string& name, std::vector<int64_t> shape, double centre, double deviation) {
    RandomStream random(derive_key(7, name));
    int64_t size = 1;
    for (const int64_t extent : shape) size *= extent;
    std::vector<float>& numbers = kept_.emplace_back();
    for (int64_t i = 0; i < size; ++i) numbers.push_back(float(centre + deviation * random.normal()));
    tensors_.push_back({name, DType::f32, std::move(shape), std::as_bytes(std::span(numbers))});
  }
  void linear(const std::string& name, int64_t in, int64_t out) {
    add(name + ".weight", {out, in}, 0, 0.2);
    add(name + ".bias", {out}, 0, 0.02);
  }
  void norm(const std::string& name) {
    add(name + ".weight", {kWidth}, 1, 0.02);
    add(name + ".bias", {kWidth}, 0, 0.02);
  }
  const std::vector<NamedTensor>& tensors() const { return tensors_; }

 private:
  std::deque<std::vector<float>> kept_;
  std::vector<NamedTensor> tensors_;
};

inline void write_tiny_model(const fs::path& folder) {
  std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  for (const std::string& word : tiny_words()) vocabulary += word + "\n";
  const auto size = int64_t(5 + tiny_words().size());
  TinyWeights weights;
  weights.add("embeddings.word_embeddings.weight", {size, kWidth}, 0, 0.2);
  weights.add("embeddings.position_embeddings.weight", {kPositions, kWidth}, 0, 0.02);
  weights.add("embeddings.token_type_embeddings.weight", {2, kWidth}, 0, 0.02);
  weights.norm("embeddings.LayerNorm");
  for (int64_t i = 0; i < kBlocks; ++i) {
    const std::string block = "encoder.layer." + std::to_string(i);
    for (const char* name : {"query", "key", "value"}) weights.linear(block + ".attention.self." + name, kWidth, kWidth);
    weights.linear(block + ".attention.output.dense", kWidth, kWidth);
    weights.norm(block + ".attention.output.LayerNorm");
    weights.linear(block + ".intermediate.dense", kWidth, kInner);
    weights.linear(block + ".output.dense", kInner, kWidth);
    weights.norm(block + ".output.LayerNorm");
  }
  weights.linear("pooler.dense", kWidth, kWidth);
  make_folder(folder);
  write_safetensors(folder / "model.safetensors", weights.tensors());
  write_json(folder / "config.json", nlohmann::json{{"model_type", "bert"},
                                                    {"vocab_size", size},
                                                    {"hidden_size", kWidth},
                                                    {"num_hidden_layers", kBlocks},
                                                    {"num_attention_heads", 2},
                                                    {"intermediate_size", kInner},
                                                    {"max_position_embeddings", kPositions},
                                                    {"type_vocab_size", 2},
                                                    {"hidden_act", "gelu"},
                                                    {"hidden_dropout_prob", 0.1},
                                                    {"attention_probs_dropout_prob", 0.1},
                                                    {"initializer_range", 0.2}});
  write_file(folder / "vocab.txt", vocabulary);
  write_file(folder / "tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer", "do_lower_case": true})");
}

/// Rows of id, words and side: "warm" where three of the six words are.
inline std::string tiny_rows(int64_t rows, uint64_t seed, char separator = '\t') {
  std::string text = std::string("id") + separator + "words" + separator + "side\n";
  for (int64_t i = 0; i < rows; ++i) {
    RandomStream random(derive_key(seed, uint64_t(i)));
    const bool warm = random.below(2) == 0;
    std::string line;
    for (int64_t j = 0; j < 6; ++j) {
      const size_t word = j < 3 ? (warm ? 0 : 4) + size_t(random.below(4)) : 8 + size_t(random.below(8));
      line += (j > 0 ? " " : "") + tiny_words()[word];
    }
    text += "r" + std::to_string(i) + separator + line + separator + (warm ? "warm" : "cold") + "\n";
  }
  return text;
}

}  // namespace espalier::test
