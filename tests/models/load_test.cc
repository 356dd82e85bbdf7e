// What folders in the wild look like: shards, half precision, old names, missing prefixes, buffers, tied copies.
#include "tests/models/folder.h"

namespace espalier {
namespace {

using support::ModelFolder;
using support::TemporaryFolder;

TEST(Load, ReadsTheTensorsOfItsNames) {
  ModelFolder folder;
  support::expect_leaves(*folder.load(), folder.tensors);
}

TEST(Load, ReadsShards) {
  ModelFolder folder;
  const TemporaryFolder disk;
  const auto files = write_sharded(disk.path(), folder.named(), 4000);
  ASSERT_GT(files.size(), 3u);  // the index among them
  write_json(disk / "config.json", folder.config);
  const auto model = load_model(disk.path(), {}, folder.log);
  support::expect_leaves(*model, folder.tensors);
}

TEST(Load, ConvertsHalfPrecisionExactly) {
  for (at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    ModelFolder folder;
    for (auto& [name, tensor] : folder.tensors) tensor = tensor.to(type);
    for (at::ScalarType wanted : {at::kFloat, at::kDouble}) {
      const auto model = folder.load({.dtype = wanted});
      EXPECT_EQ(model->parameter_at("embed.token.weight").leaf().scalar_type(), wanted);
      EXPECT_FALSE(model->parameter_at("embed.token.weight").mapped);
      support::expect_leaves(*model, folder.tensors);
    }
  }
}

TEST(Load, KnowsTheFirstReleasesNormNames) {
  ModelFolder folder;
  const auto wanted = folder.tensors;
  folder.rename([](std::string name) {
    if (name.ends_with("LayerNorm.weight")) name.replace(name.size() - 6, 6, "gamma");
    if (name.ends_with("LayerNorm.bias")) name.replace(name.size() - 4, 4, "beta");
    return name;
  });
  support::expect_leaves(*folder.load(), wanted);
}

TEST(Load, ThePrefixMayBeAbsent) {
  ModelFolder folder;
  const auto wanted = folder.tensors;
  folder.rename([](const std::string& name) { return name.starts_with("bert.") ? name.substr(5) : name; });
  support::expect_leaves(*folder.load(), wanted);
}

TEST(Load, ATiedDecoderMayBeThereOrNot) {
  ModelFolder folder({.kind = HeadKind::masked_lm});
  folder.config["architectures"] = {"BertForMaskedLM"};
  support::expect_leaves(*folder.load(), folder.tensors);
  folder.tensors["cls.predictions.decoder.weight"] = folder.tensors.at("bert.embeddings.word_embeddings.weight").clone();
  folder.tensors["cls.predictions.decoder.bias"] = folder.tensors.at("cls.predictions.bias").clone();
  const auto model = folder.load();
  EXPECT_EQ(int(model->head()->options().kind), int(HeadKind::masked_lm));
  support::expect_leaves(*model, folder.tensors);
  // An output layer of its own would be lost: it is refused, not passed over.
  folder.tensors["cls.predictions.decoder.weight"] += 1;
  support::expect_error(ErrorKind::data, [&] { folder.load(); },
                        {"cls.predictions.decoder.weight: differs from embed.token.weight"});
}

TEST(Load, BuffersArePassedOver) {
  ModelFolder folder;
  folder.tensors["bert.embeddings.position_ids"] = at::arange(16).unsqueeze(0);
  support::expect_leaves(*folder.load(), folder.tensors);
  EXPECT_TRUE(folder.log.warnings.empty());
}

TEST(Load, UnusedHeadsAreNoted) {
  ModelFolder folder;
  folder.tensors["cls.seq_relationship.weight"] = at::ones({2, 12});
  folder.tensors["cls.predictions.bias"] = at::ones({30});
  support::expect_leaves(*folder.load(), folder.tensors);
  EXPECT_TRUE(folder.noted("not used: cls.predictions.bias, cls.seq_relationship.weight"));
}

TEST(Load, AFreshHeadIsNotedWhereTheCountsDiffer) {
  ModelFolder folder;
  const auto model = folder.load({.head = support::classes(5)});
  EXPECT_TRUE(folder.noted("classifier.weight has shape [3, 12], this task needs [5, 12]"));
  EXPECT_TRUE(folder.noted("newly initialised, trained and saved: head.main.out.weight, head.main.out.bias"));
  EXPECT_TRUE(model->parameter_at("head.main.out.weight").is_new);
  EXPECT_FALSE(model->parameter_at("pooler.weight").is_new);
  const auto again = folder.load({.head = support::classes(5)}), other = folder.load({.head = support::classes(5), .seed = 2});
  const Tensor head = model->parameter_at("head.main.out.weight").leaf();
  EXPECT_TRUE(again->parameter_at("head.main.out.weight").leaf().equal(head));
  EXPECT_FALSE(other->parameter_at("head.main.out.weight").leaf().equal(head));
}

TEST(Load, APoolerThatNobodyUsesMayBeAbsent) {
  ModelFolder folder;
  for (const char* name : {"bert.pooler.dense.weight", "bert.pooler.dense.bias"}) folder.tensors.erase(name);
  HeadOptions mean = support::classes(3);
  mean.pooling = Pooling::mean;
  const auto model = folder.load({.head = mean});
  Pass pass;
  EXPECT_EQ((*model)(support::random_batch({3, 2}), pass).sizes(), (std::vector<int64_t>{2, 3}));
  for (Parameter* p : model->base_parameters()) EXPECT_FALSE(p->path().starts_with("pooler"));
  EXPECT_FALSE(folder.noted("pooler"));
  folder.load({.head = support::classes(3)});
  EXPECT_TRUE(folder.noted("newly initialised, trained and saved: pooler.weight, pooler.bias"));
}

TEST(Load, SameTypeMeansNoCopyAndTrainingWritesIntoOne) {
  ModelFolder folder;
  const TemporaryFolder disk;
  folder.write(disk.path());
  const std::string bytes = read_file(disk / "model.safetensors");
  const auto model = load_model(disk.path(), {}, folder.log), twin = load_model(disk.path(), {}, folder.log);
  for (Parameter* p : model->base_parameters()) EXPECT_TRUE(p->mapped) << p->path();
  Parameter& weight = model->parameter_at("encoder.0.ffn.up.weight");
  const void* map = weight.leaf().const_data_ptr();
  weight.train(false);
  EXPECT_EQ(weight.leaf().const_data_ptr(), map);
  weight.train(true);
  EXPECT_FALSE(weight.mapped);
  EXPECT_NE(weight.leaf().const_data_ptr(), map);
  {
    at::NoGradGuard no_gradient;
    weight.leaf().zero_();
  }
  EXPECT_EQ(read_file(disk / "model.safetensors"), bytes);
  support::expect_leaves(*twin, folder.tensors);
}

TEST(Load, TheMapOutlivesTheFile) {
  ModelFolder folder;
  const auto model = folder.load();  // the folder is gone by now
  EXPECT_TRUE(model->parameter_at("pooler.weight").mapped);
  support::expect_leaves(*model, folder.tensors);
}

}  // namespace
}  // namespace espalier
