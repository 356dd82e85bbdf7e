#include "tests/cli/counter.h"

#include "tests/cli/tiny_model.h"
#include "tests/cli/world.h"

namespace espalier::test {
namespace {

constexpr int64_t kPieces = 21, kPlaces = 16;

/// Rows of the identity, the row of each piece moved to that of the one behind it by `shift`.
std::vector<float> moved_identity(int64_t shift) {
  std::vector<float> numbers(size_t(kPieces * kPieces), 0.0F);
  for (int64_t i = 0; i < kPieces; ++i) numbers[size_t((i + shift) % kPieces * kPieces + i)] = 1;
  return numbers;
}

}  // namespace

void write_counter(const fs::path& folder) {
  std::deque<std::vector<float>> kept;
  std::vector<NamedTensor> tensors;
  const auto add = [&](const std::string& name, std::vector<int64_t> shape, std::vector<float> numbers) {
    const std::vector<float>& own = kept.emplace_back(std::move(numbers));
    tensors.push_back({name, DType::f32, std::move(shape), std::as_bytes(std::span(own))});
  };
  const auto zeros = [](int64_t count) { return std::vector<float>(size_t(count), 0.0F); };
  add("transformer.wte.weight", {kPieces, kPieces}, moved_identity(0));
  add("transformer.wpe.weight", {kPlaces, kPieces}, zeros(kPlaces * kPieces));
  for (const char* norm : {"h.0.ln_1", "h.0.ln_2", "ln_f"}) {
    add(std::string("transformer.") + norm + ".weight", {kPieces}, std::vector<float>(size_t(kPieces), 1.0F));
    add(std::string("transformer.") + norm + ".bias", {kPieces}, zeros(kPieces));
  }
  for (const auto& [name, in, out] : {std::tuple("attn.c_attn", kPieces, 3 * kPieces),
                                      {"attn.c_proj", kPieces, kPieces},
                                      {"mlp.c_fc", kPieces, 4 * kPieces},
                                      {"mlp.c_proj", 4 * kPieces, kPieces}}) {
    add(std::string("transformer.h.0.") + name + ".weight", {in, out}, zeros(in * out));
    add(std::string("transformer.h.0.") + name + ".bias", {out}, zeros(out));
  }
  add("lm_head.weight", {kPieces, kPieces}, moved_identity(1));
  make_folder(folder);
  write_safetensors(folder / "model.safetensors", tensors);
  write_json(folder / "config.json", nlohmann::json{{"model_type", "gpt2"},
                                                    {"architectures", {"GPT2LMHeadModel"}},
                                                    {"vocab_size", kPieces},
                                                    {"n_embd", kPieces},
                                                    {"n_layer", 1},
                                                    {"n_head", 1},
                                                    {"n_positions", kPlaces},
                                                    {"tie_word_embeddings", false},
                                                    {"eos_token_id", 19}});
  std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  for (const std::string& word : tiny_words()) vocabulary += word + "\n";
  write_file(folder / "vocab.txt", vocabulary);
  write_file(folder / "tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer", "do_lower_case": true})");
}

}  // namespace espalier::test
