// An adapter without a model: places, counts, and the singular values of each update against those of the whole product.
#include "espalier/peft/formats/peft_file.h"

#include <cstdlib>

#include "tests/peft/adapter_folder.h"

namespace espalier {
namespace {

TEST(Describe, SingularValuesAreThoseOfTheScaledUpdate) {
  support::AdapterFolder adapter;
  adapter.config["use_rslora"] = true;
  adapter.config["alpha_pattern"] = {{"value", 10}};
  adapter.tensors["base_model.model.classifier.weight"] = at::ones({3, 12}, at::kDouble);
  const support::TemporaryFolder folder;
  adapter.write(folder.path());
  const PeftSummary summary = describe_peft(folder.path());
  ASSERT_EQ(summary.places.size(), 4u);
  EXPECT_EQ(summary.parameters, 4 * 2 * 24 + 36);
  ASSERT_EQ(summary.whole.size(), 1u);
  for (const PeftPlace& place : summary.places) {
    const double alpha = place.module.ends_with("value") ? 10 : 4;
    EXPECT_DOUBLE_EQ(place.scale, alpha / std::sqrt(2.0));
    const std::string key = "base_model.model." + place.module;
    const Tensor update = adapter.tensors.at(key + ".lora_B.weight").mm(adapter.tensors.at(key + ".lora_A.weight")) * place.scale;
    const Tensor wanted = at::linalg_svdvals(update);
    ASSERT_EQ(place.singular_values.size(), 2u);
    // Double, values near 10.
    for (int64_t i = 0; i < 2; ++i) EXPECT_NEAR(place.singular_values[size_t(i)], wanted[i].item<double>(), 1e-12);
  }
}

TEST(Describe, BrokenTensorsAreRefusedByName) {
  support::AdapterFolder adapter;
  adapter.tensors.erase(adapter.name(0, "query") + ".lora_A.weight");
  adapter.tensors[adapter.name(1, "query") + ".lora_A.weight"] = at::ones({2, 12}, at::kLong);
  adapter.tensors["base_model.model.x.lora_embedding_A"] = at::ones({2, 2}, at::kDouble);
  const support::TemporaryFolder folder;
  adapter.write(folder.path());
  support::expect_error(
      ErrorKind::data, [&] { describe_peft(folder.path()); },
      {"layer.0.attention.self.query: needs lora_A", "layer.1.attention.self.query: is stored as I64", "embedding"});
}

/// The file of LoRA's authors for RoBERTa: their own key names, adapter.safetensors.
TEST(Describe, TheAuthorsOwnAdapter) {
  if (std::getenv("ESPALIER_DATA") == nullptr) GTEST_SKIP() << "ESPALIER_DATA is not set: the real adapter was not read";
  const fs::path folder = fs::path(std::getenv("ESPALIER_DATA")) / "adapters" / "roberta-base-mnli-lora";
  if (!fs::exists(folder)) GTEST_SKIP() << "there is no " << folder;
  const PeftSummary summary = describe_peft(folder);
  ASSERT_EQ(summary.places.size(), 24u);
  EXPECT_EQ(summary.places[0].module, "roberta.encoder.layer.0.attention.self.query");
  EXPECT_EQ(summary.places.back().module, "roberta.encoder.layer.11.attention.self.value");
  EXPECT_EQ(summary.whole.size(), 4u);
  EXPECT_EQ(summary.parameters, 24 * 8 * 2 * 768 + 768 * 768 + 768 + 3 * 768 + 3);
  for (const PeftPlace& place : summary.places) {
    EXPECT_EQ(place.rank, 8);
    EXPECT_EQ(place.scale, 2);
    ASSERT_EQ(place.singular_values.size(), 8u);
    EXPECT_TRUE(std::is_sorted(place.singular_values.rbegin(), place.singular_values.rend()));
  }
  // Of B A in double, by torch.linalg.svdvals of the whole 768 by 768 product, times 2.
  EXPECT_NEAR(summary.places[0].singular_values[0], 7.6295134313, 1e-8);
  EXPECT_NEAR(summary.places[0].singular_values[7], 0.3002551044, 1e-8);
  EXPECT_NEAR(summary.places.back().singular_values[0], 3.9853209801, 1e-8);
  const auto model = support::tiny_bert(support::classes(3));
  MemoryLog log;
  support::expect_error(ErrorKind::data, [&] { load_peft(*model, folder, "theirs", log); },
                        {"none of the adapter's 24 places", "roberta.encoder.layer.0.attention.self.query", "768 to 768",
                         "12 to 12", "its blocks: 12, here: 2", "roberta-base"});
  EXPECT_TRUE(model->modifiers().empty());
}

}  // namespace
}  // namespace espalier
