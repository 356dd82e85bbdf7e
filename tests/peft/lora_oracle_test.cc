// LoRA against peft in double: from peft's initial adapter, ten AdamW steps, all gradients, final weights, merged logits.
#include <gtest/gtest.h>

#include <cmath>

#include "espalier/peft/formats/peft.h"
#include "tests/support/oracle_model.h"

namespace espalier {
namespace {

using support::Tensors;

/// peft's adapter folder made from the case: its config and the tensors that begin with `prefix`.
void write_adapter(const support::OracleCase& c, const fs::path& folder, const std::string& prefix) {
  make_folder(folder);
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : c.tensors) {
    if (name.starts_with(prefix)) tensors.push_back(named_tensor(name.substr(prefix.size()), tensor));
  }
  write_safetensors(folder / "adapter_model.safetensors", tensors);
  write_json(folder / "adapter_config.json", c.about.at("adapter_config"));
}

std::map<std::string, Parameter*> by_peft_name(Model& model, Lora& lora) {
  std::map<std::string, Parameter*> named;
  for (const auto& pair : lora.pairs()) {
    const std::string tensor = saved_name(model, pair->base.path() + ".weight");
    const std::string module = "base_model.model." + tensor.substr(0, tensor.size() - 7);
    named[module + ".lora_A.weight"] = &pair->down.weight();
    named[module + ".lora_B.weight"] = &pair->up.weight();
  }
  for (Parameter* p : model.head()->parameters()) named["base_model.model." + saved_name(model, p->path())] = p;
  return named;
}

/// AdamW's update as its paper writes it (Loshchilov and Hutter 2019, algorithm 2), without decay.
class PlainAdam {
 public:
  void step(Parameter& p, int64_t t) {
    auto& [m, v] = moments_[&p];
    const Tensor g = p.leaf().grad();
    m = m.defined() ? m * 0.9 + g * 0.1 : g * 0.1;
    v = v.defined() ? v * 0.999 + g * g * 0.001 : g * g * 0.001;
    const double c1 = 1 - std::pow(0.9, double(t)), c2 = 1 - std::pow(0.999, double(t));
    at::NoGradGuard no_gradient;
    p.leaf().sub_(1e-2 * (m / c1) / ((v / c2).sqrt() + 1e-8));
    p.leaf().mutable_grad().reset();
  }

 private:
  std::map<Parameter*, std::pair<Tensor, Tensor>> moments_;
};

class LoraOracle : public testing::TestWithParam<const char*> {};

TEST_P(LoraOracle, TenStepsEqualPeft) {
  const support::OracleCase c = support::read_case(std::string("lora/") + GetParam());
  const support::TemporaryFolder folder;
  const auto model = support::oracle_model(c, folder, support::oracle_head(c));
  write_adapter(c, folder / "adapter", "initial.");
  MemoryLog log;
  Lora& lora = load_peft(*model, folder / "adapter", "lora", log).lora();
  const auto named = by_peft_name(*model, lora);
  for (const auto& [name, p] : named) p->train(true);

  auto logits = [&](int batch) {
    Pass pass;
    return (*model)(support::packed_batch(c.tensors, "batch." + std::to_string(batch) + "."), pass);
  };
  EXPECT_LT(support::distance(logits(0), c.tensors.at("logits.initial")), 1e-10);
  PlainAdam adam;
  for (int step = 0; step < 10; ++step) {
    const Tensor loss = at::cross_entropy_loss(logits(step), c.tensors.at("batch." + std::to_string(step) + ".labels"));
    EXPECT_NEAR(loss.item<double>(), c.tensors.at("loss")[step].item<double>(), 1e-9) << "step " << step;
    torch::autograd::backward({loss}, {});
    for (const auto& [name, p] : named) {
      if (step == 0) {
        EXPECT_LT(support::distance(p->leaf().grad(), c.tensors.at("grad." + name)), 1e-9) << name;
      }
      adam.step(*p, step + 1);
    }
  }
  for (const auto& [name, p] : named) {
    EXPECT_LT(support::distance(p->leaf().detach(), c.tensors.at("final." + name)), 1e-9) << name;
  }
  EXPECT_LT(support::distance(logits(0).detach(), c.tensors.at("logits.final")), 1e-9);
  ASSERT_TRUE(lora.merge(*model));
  EXPECT_LT(support::distance(logits(0).detach(), c.tensors.at("logits.merged")), 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Cases, LoraOracle, testing::Values("query_value", "all_linear_patterns", "rslora"));

}  // namespace
}  // namespace espalier
