// SparseAdapter (He et al. 2022): masks over the adapters' own weights, by every score, on every form; what is never masked; the
// starts that leave nothing to choose by; equal budgets of wide and narrow.
#include <cmath>

#include "espalier/peft/adapter.h"
#include "espalier/peft/lora.h"
#include "espalier/pruning/mask.h"
#include "tests/battery/cases.h"
#include "tests/support/files.h"

namespace espalier::battery {
namespace {

const Case kBert{"bert", "adapter"};
constexpr const char* kPool = "*/**.{down,up}.weight";

Mask& prune(Model& model, const std::string& score, double fraction, const std::string& scope = "global") {
  MaskOptions options{.on = kPool, .prune_fraction = fraction, .score = score, .scope = scope};
  auto& mask = dynamic_cast<Mask&>(model.attach(std::make_unique<Mask>(options), 1));
  const Batch rows = batch();
  const Sample sample(2, [&](int64_t, Pass& pass) { return at::cross_entropy_loss(model(rows, pass), rows.classes); });
  if (mask.wants_examples() > 0) mask.prepare(model, sample);
  return mask;
}

TEST(SparseAdapter, EveryFormByEveryScore) {
  for (const std::string form : {"houlsby", "pfeiffer", "pfeiffer_plain", "pfeiffer_attention", "parallel", "scaled_parallel"}) {
    for (const std::string score : {"random", "magnitude", "er", "snip", "grasp"}) {
      const auto model = base_model(kBert);
      AdapterOptions options{.form = form, .nonlinearity = "gelu", .init_weights = "bert", .width = 6};
      Modifier& adapter = model->attach(std::make_unique<Adapter>(options), 1);
      const Mask& mask = prune(*model, score, 0.4);
      EXPECT_NEAR(double(mask.pruned()), 0.4 * double(mask.size()), 4) << form << " " << score;
      for (const Parameter* p : adapter.parameters()) {
        EXPECT_EQ(mask.mask_of(*p).defined(), p->path().ends_with("down.weight") || p->path().ends_with("up.weight"))
            << p->path();
      }
    }
  }
}

TEST(SparseAdapter, SquareMatricesKeepTheirOwnMasks) {
  const auto model = base_model(kBert);
  model->attach(std::make_unique<Adapter>(AdapterOptions{.width = 12}), 1);  // as wide as the model
  const Mask& mask = prune(*model, "random", 0.5);
  const Tensor down = mask.mask_of(model->parameter_at("adapter/encoder.0.ffn.down.weight"));
  EXPECT_FALSE(down.equal(mask.mask_of(model->parameter_at("adapter/encoder.0.ffn.up.weight"))));
}

TEST(SparseAdapter, AStartWithZerosLeavesNothingToChooseBy) {
  for (const std::string score : {"magnitude", "snip"}) {
    const auto model = base_model(kBert);
    model->attach(std::make_unique<Lora>(LoraOptions{.rank = 4}), 1);  // B = 0
    support::expect_error(ErrorKind::usage, [&] { prune(*model, score, 0.4); }, {"scores are equal", "bert"});
  }
}

TEST(SparseAdapter, WideAndSparseHoldAsManyNumbersAsNarrowAndDense) {
  const auto empty = make_model(support::tiny_config(768, 12, 12), "base");
  for (const int64_t k : {1, 2, 4, 8}) {
    const int64_t pool = 48 * 768 * 64 * k, width = 64 * k;
    EXPECT_EQ(Adapter(AdapterOptions{.width = width}).expected_size(*empty), pool + 24 * (width + 768)) << k;
    const auto pruned = int64_t(std::ceil((1 - 1 / double(k)) * double(pool)));
    EXPECT_EQ(pool - pruned, 2359296) << k;
  }
}

TEST(SparseAdapter, MethodsWithoutSuchMatricesAreRefused) {
  for (const std::string method : {"bitfit", "compacter"}) {  // Compacter's factors are shared
    const auto model = base_model(kBert);
    model->attach(make_modifier({"bert", method}), 1);
    support::expect_error(ErrorKind::usage, [&] { prune(*model, "random", 0.5); }, {"matches no parameter"});
  }
}

}  // namespace
}  // namespace espalier::battery
