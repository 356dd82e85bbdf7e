// Folders of sentence-transformers: which poolings and modules are read, where the transformer lies, and what is written.
#include "espalier/models/sentence_folder.h"

#include "espalier/io/safetensors_folder.h"
#include "tests/models/folder.h"

namespace espalier {
namespace {

using support::expect_error;
using support::TemporaryFolder;

/// The pooling of a folder with this 1_Pooling/config.json.
Pooling pooling_with(const nlohmann::json& config) {
  const TemporaryFolder disk;
  make_folder(disk / "1_Pooling");
  write_json(disk / "1_Pooling" / "config.json", config);
  return sentence_pooling(disk.path());
}

TEST(SentenceFolder, OldAndNewPoolingFilesAreRead) {
  EXPECT_EQ(pooling_with({{"pooling_mode_cls_token", true}, {"pooling_mode_mean_tokens", false}}), Pooling::first);
  EXPECT_EQ(pooling_with({{"pooling_mode_mean_tokens", true}, {"pooling_mode_max_tokens", false}}), Pooling::mean);
  EXPECT_EQ(pooling_with({{"pooling_mode_max_tokens", true}}), Pooling::max);
  EXPECT_EQ(pooling_with({{"pooling_mode", "cls"}}), Pooling::first);
  EXPECT_EQ(pooling_with({{"pooling_mode", {"max"}}}), Pooling::max);
  EXPECT_EQ(pooling_with({{"pooling_mode_lasttoken", true}}), Pooling::last);
  EXPECT_EQ(pooling_with({{"pooling_mode", "lasttoken"}}), Pooling::last);
  EXPECT_EQ(pooling_with({{"word_embedding_dimension", 12}}), Pooling::mean);  // the library's default
}

TEST(SentenceFolder, OtherPoolingsAreRefusedByName) {
  const auto refused = [](const nlohmann::json& config, std::string_view name) {
    expect_error(ErrorKind::unsupported, [&] { pooling_with(config); }, {name, "--pooling"});
  };
  refused({{"pooling_mode_cls_token", true}, {"pooling_mode_mean_tokens", true}}, "cls + mean");
  refused({{"pooling_mode_mean_sqrt_len_tokens", true}}, "mean_sqrt_len_tokens");
  refused({{"pooling_mode_weightedmean_tokens", true}}, "weightedmean");
  refused({{"pooling_mode", {"mean", "max"}}}, "mean + max");
}

struct Encoder {
  TemporaryFolder disk;
  explicit Encoder(bool normalize = true) { write_sentence_modules(disk.path(), 12, Pooling::mean, normalize, 7); }
  void add_module(const std::string& type, const std::string& path) const {
    nlohmann::json modules = read_json(disk / "modules.json");
    modules.push_back({{"idx", modules.size()}, {"name", "x"}, {"path", path}, {"type", type}});
    write_json(disk / "modules.json", modules);
  }
};

TEST(SentenceFolder, ModulesThatChangeTheEmbeddingAreRefused) {
  const Encoder fine;
  fine.add_module("sentence_transformers.models.Dropout", "3_Dropout");
  EXPECT_EQ(sentence_pooling(fine.disk.path()), Pooling::mean);
  EXPECT_EQ(sentence_length(fine.disk.path()), 7);
  fine.add_module("sentence_transformers.models.Dense", "4_Dense");
  expect_error(ErrorKind::unsupported, [&] { sentence_pooling(fine.disk.path()); }, {"modules.json", "'Dense'"});
  const Encoder prompted;
  write_json(prompted.disk / "config_sentence_transformers.json",
             nlohmann::json{{"default_prompt_name", "q"}, {"prompts", {{"q", "query: "}}}});
  expect_error(ErrorKind::unsupported, [&] { sentence_pooling(prompted.disk.path()); }, {"query: "});
  const Encoder outside;
  outside.add_module("sentence_transformers.models.Pooling", "../elsewhere");
  expect_error(ErrorKind::data, [&] { sentence_pooling(outside.disk.path()); }, {"../elsewhere"});
  const TemporaryFolder other;
  write_json(other / "modules.json", nlohmann::json::array({{{"type", "sentence_transformers.models.CNN"}, {"path", ""}}}));
  expect_error(ErrorKind::unsupported, [&] { transformer_folder(other.path()); }, {"CNN", "expected a Transformer"});
}

TEST(SentenceFolder, ATransformerInAFolderOfItsOwnIsFound) {
  const TemporaryFolder disk;
  write_sentence_modules(disk.path(), 12, Pooling::max, false, 0);
  nlohmann::json modules = read_json(disk / "modules.json");
  modules[0]["path"] = "0_Transformer";
  write_json(disk / "modules.json", modules);
  support::ModelFolder folder;
  folder.write(disk / "0_Transformer");
  EXPECT_EQ(find_model(disk.path().string()), disk / "0_Transformer");
  EXPECT_EQ(sentence_encoder_of(disk / "0_Transformer"), disk.path());
  MemoryLog log;
  const auto model = load_model(disk / "0_Transformer", {.head = HeadOptions{.kind = HeadKind::embed}}, log);
  EXPECT_EQ(model->head()->options().pooling, Pooling::max);
}

TEST(SentenceFolder, AHeadStandsBesideTheEncoderAndIsReadAgain) {
  HeadOptions head = support::classes(3);
  head.pooling = Pooling::mean;
  const auto model = support::tiny_bert(head);
  const TemporaryFolder disk;
  MemoryLog log;
  const SavedModel saved = save_model(*model, disk.path(), fs::path(), log, 9);
  EXPECT_TRUE(saved.sentence_encoder && saved.head_beside);
  EXPECT_EQ(saved.architecture, "BertModel");
  EXPECT_EQ(sentence_length(disk.path()), 9);
  EXPECT_FALSE(fs::exists(disk / "2_Normalize"));
  EXPECT_FALSE(read_json(disk / "config.json").contains("id2label"));
  for (const std::string& name : SafetensorsFolder(disk.path()).names()) {
    EXPECT_FALSE(name.starts_with("bert.") || name.starts_with("classifier")) << name;
  }
  EXPECT_EQ(head_of_folder(disk.path()).labels, head.labels);
  const auto again = load_model(disk.path(), {.dtype = at::kDouble}, log);
  const Batch batch = support::random_batch({4, 2});
  Pass one, two;
  EXPECT_TRUE((*model)(batch, one).equal((*again)(batch, two)));
}

TEST(SentenceFolder, AnEncoderWithoutAPoolerGetsASpareOneAndKeepsItsOwnState) {
  support::ModelFolder folder;
  std::erase_if(folder.tensors, [](const auto& one) { return one.first.find("pooler") != std::string::npos; });
  const auto model = folder.load({.head = HeadOptions{.kind = HeadKind::embed, .pooling = Pooling::mean}});
  ASSERT_EQ(model->base_parameters().size(), folder.tensors.size() - 2);  // the classifier is not used
  const TemporaryFolder disk;
  save_model(*model, disk.path(), fs::path(), folder.log);
  EXPECT_NE(SafetensorsFolder(disk.path()).find("pooler.dense.weight"), nullptr);
  EXPECT_EQ(model->base_parameters().size(), folder.tensors.size() - 2);
}

}  // namespace
}  // namespace espalier
