// espalier generate, as it is typed, with a GPT-2 that counts: behind each piece it writes the next of the vocabulary.
#include <gtest/gtest.h>

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

TEST(Generate, GoesOnWithIdsUntilTheEnd) {
  const support::TemporaryFolder folder;
  write_counter(folder / "counter");
  const std::string model = (folder / "counter").string();
  EXPECT_EQ(run({"generate", model, "--ids", "5,6", "--max-new", "4"}).out, "5,6,7,8,9,10\n");
  EXPECT_EQ(run({"generate", model, "--ids", "16", "--ids", "4", "--max-new", "5"}).out, "16,17,18,19\n4,5,6,7,8,9\n");
  EXPECT_EQ(run({"generate", model, "--ids", "5", "--max-new", "3", "--beams", "2"}).out, "5,6,7,8\n");
  const Outcome json = run({"generate", model, "--ids", "5", "--max-new", "2", "--json"});
  EXPECT_EQ(json.out, R"({"prompt":"5","text":",6,7","ids":[6,7]})"
                      "\n");
}

TEST(Generate, WritesWords) {
  const support::TemporaryFolder folder;
  write_counter(folder / "counter");
  const std::string model = (folder / "counter").string();
  // The prompt ends in [SEP]; [MASK] stands behind it and is left out of the text.
  const Outcome typed = run({"generate", model, "blue", "--max-new", "4"});
  EXPECT_EQ(typed.code, 0) << typed.err;
  EXPECT_EQ(typed.out, "blue red rose fire\n");
  EXPECT_EQ(run({"generate", model, "--max-new", "3"}, "sea\nice\n").out, "sea red rose\nice red rose\n");
}

TEST(Generate, SaysWhatItCannotDo) {
  const support::TemporaryFolder folder;
  write_counter(folder / "counter");
  write_tiny_model(folder / "bert");
  const std::string model = (folder / "counter").string();
  const Outcome far = run({"generate", model, "--ids", "5,99,x"});
  EXPECT_EQ(far.code, 2);
  expect_says(far.err, {"'5,99,x' is no list of ids"});
  const Outcome outside = run({"generate", model, "--ids", "5,99", "--beams", "2", "--sample"});
  EXPECT_EQ(outside.code, 2);
  expect_says(outside.err, {"vocabulary of 21", "beams"});
  const Outcome encoder = run({"generate", (folder / "bert").string(), "red"});
  EXPECT_EQ(encoder.code, 1);
  expect_says(encoder.err, {"a bert predicts pieces that are masked", "masked_lm"});
}

}  // namespace
}  // namespace espalier::test
