// A fused layer of upstream's (GPT-2's c_attn: one A, a B of 3 d rows) on our separate query, key and value, and back. There is
// no GPT-2 here yet: a backbone of its names and sizes stands for it, and peft's own delta weights are what must come out.
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/models/leaf.h"
#include "espalier/nn/attention.h"
#include "espalier/nn/embedding.h"
#include "espalier/nn/ffn.h"
#include "espalier/peft/formats/peft.h"
#include "tests/support/oracle_model.h"

namespace espalier {
namespace {

constexpr int64_t kWidth = 8;

struct FusedBlock : Module {
  FusedBlock(Module& parent, std::string_view name)
      : Module(parent, name), attention(*this, "attention", kWidth, 2, 0), ffn(*this, kWidth, 4 * kWidth, Activation::gelu) {}
  Attention attention;
  FeedForward ffn;
};

/// GPT-2's names on modules of ours.
class FusedBackbone : public Backbone {
 public:
  explicit FusedBackbone(Module& model)
      : Backbone(model, {.width = kWidth}),
        token(*this, "token", 20, kWidth),
        zero(*this, "encoder.0"),
        one(*this, "encoder.1") {}
  const NameTable& names() const override {
    static const NameTable kTable{
        "transformer.",
        {{"token", "wte"},
         {"encoder.{i}.attention.output", "h.{i}.attn.c_proj"},
         {"encoder.{i}.ffn.up", "h.{i}.mlp.c_fc"},
         {"encoder.{i}.ffn.down", "h.{i}.mlp.c_proj"}},
        {},
        {},
        {},
        {{"h.{i}.attn.c_attn", {"encoder.{i}.attention.query", "encoder.{i}.attention.key", "encoder.{i}.attention.value"}}}};
    return kTable;
  }
  Tensor encode(const Batch&, Pass&) override { throw bug_error("it has names only"); }
  Tensor pooled(const Tensor&, Pass&) override { throw bug_error("it has names only"); }
  Parameter& token_table() override { return token.weight; }

  Embedding token;
  FusedBlock zero, one;
};

std::unique_ptr<Model> fused_model() {
  auto model = std::make_unique<Model>("fused", nlohmann::json::object(),
                                       [](Model& m) -> std::unique_ptr<Backbone> { return std::make_unique<FusedBackbone>(m); });
  initialize(*model, at::kDouble, 1);
  return model;
}

struct FusedFolder {
  support::OracleCase oracle = support::read_case("peft/fused");
  support::TemporaryFolder folder;
  std::map<std::string, Tensor> tensors;  // as peft saved them

  FusedFolder() {
    std::vector<NamedTensor> named;
    for (const auto& [name, tensor] : oracle.tensors) {
      if (!name.starts_with("delta.")) tensors[name] = tensor;
    }
    for (const auto& [name, tensor] : tensors) named.push_back(named_tensor(name, tensor));
    write_safetensors(folder / "adapter_model.safetensors", named);
    write_json(folder / "adapter_config.json", oracle.about.at("adapter_config"));
  }
};

TEST(Fused, EachPartGetsItsRowsOfPeftsUpdate) {
  const FusedFolder theirs;
  const auto model = fused_model();
  MemoryLog log;
  const Lora& lora = load_peft(*model, theirs.folder.path(), "lora", log).lora();
  EXPECT_TRUE(log.warnings.empty());
  ASSERT_EQ(lora.pairs().size(), 10u);  // query, key, value, output and up of two blocks
  std::map<std::string, const LoraPair*> pairs;
  for (const auto& pair : lora.pairs()) pairs[pair->base.path()] = pair.get();
  Pass pass;
  for (const std::string block : {"0", "1"}) {
    const Tensor delta = theirs.oracle.tensors.at("delta.transformer.h." + block + ".attn.c_attn");
    int64_t row = 0;
    for (const std::string part : {"query", "key", "value"}) {
      const LoraPair& pair = *pairs.at("encoder." + block + ".attention." + part);
      EXPECT_EQ(pair.rank, block == "0" ? 3 : 2);
      EXPECT_EQ(&pair.down, &pairs.at("encoder." + block + ".attention.key")->down) << "one A";
      // Double: products of at most three terms.
      EXPECT_LT(support::distance(pair.update(pass), delta.narrow(0, row, kWidth)), 1e-14) << part;
      const Tensor bias = theirs.tensors.at("base_model.model.transformer.h." + block + ".attn.c_attn.base_layer.bias");
      EXPECT_TRUE(pair.base.bias()->leaf().equal(bias.narrow(0, row, kWidth))) << part;
      row += kWidth;
    }
    const std::string other = "encoder." + block + ".attention.output";
    EXPECT_LT(support::distance(pairs.at(other)->update(pass),
                                theirs.oracle.tensors.at("delta.transformer.h." + block + ".attn.c_proj")),
              1e-14);
  }
}

TEST(Fused, ComesBackAsItWas) {
  const FusedFolder theirs;
  const auto model = fused_model();
  const support::TemporaryFolder ours;
  MemoryLog log;
  const LoadedPeft loaded = load_peft(*model, theirs.folder.path(), "lora", log);
  save_peft(*model, loaded.lora(), ours.path(), loaded.notes, loaded.whole);
  const support::Tensors written = support::all_tensors(Safetensors(ours / "adapter_model.safetensors"));
  ASSERT_EQ(written.size(), theirs.tensors.size());
  for (const auto& [key, tensor] : theirs.tensors) {
    const std::string name = replace_all(key, "transformer.", "");  // a bare backbone, as transformers' GPT2Model
    ASSERT_TRUE(written.contains(name)) << name;
    EXPECT_TRUE(written.at(name).equal(tensor)) << name;
  }
  const nlohmann::json config = read_json(ours / "adapter_config.json");
  EXPECT_EQ(config.at("task_type"), "CAUSAL_LM");
  EXPECT_EQ(config.at("fan_in_fan_out"), true);
  const auto again = fused_model();
  load_peft(*again, ours.path(), "lora", log);
}

TEST(Fused, AnAOfItsOwnForEachPartHasNoPlaceThere) {
  const auto model = fused_model();
  LoraOptions options;
  options.sites = "encoder.0.attention.{query,key,value}";
  auto& lora = dynamic_cast<Lora&>(model->attach(std::make_unique<Lora>(options), 1));
  const support::TemporaryFolder folder;
  support::expect_error(ErrorKind::unsupported, [&] { save_peft(*model, lora, folder.path(), {}, {}); },
                        {"h.0.attn.c_attn", "share"});
  model->detach("lora");
  options.share = "encoder.*.attention.{query,key,value}";
  auto& shared = dynamic_cast<Lora&>(model->attach(std::make_unique<Lora>(options), 1));
  save_peft(*model, shared, folder.path(), {}, {});
  EXPECT_EQ(shared.parameters().size(), 4u);  // one A, three B
  EXPECT_EQ(shared.expected_size(*model), 8 * kWidth + 3 * 8 * kWidth);
  int64_t size = 0;
  for (Parameter* p : shared.trained(*model)) size += p->size();
  EXPECT_EQ(size, shared.expected_size(*model));
}

}  // namespace
}  // namespace espalier
