// DoRA and (IA)³ against peft in double: logits, loss, all gradients, merged logits.
#include <gtest/gtest.h>

#include "espalier/peft/ia3.h"
#include "espalier/peft/lora.h"
#include "tests/support/oracle_model.h"

namespace espalier {
namespace {

using Named = std::map<std::string, Parameter*>;

std::string module_of(Model& model, const Linear& base) {
  const std::string tensor = saved_name(model, base.path() + ".weight");
  return "base_model.model." + tensor.substr(0, tensor.rfind('.'));
}

Named attach_dora(Model& model) {
  LoraOptions options{.sites = "encoder.*.attention.{query,value}", .rank = 4, .alpha = 8, .dora = true};
  auto& lora = dynamic_cast<Lora&>(model.attach(std::make_unique<Lora>(options), 1));
  Named named;
  for (const auto& pair : lora.pairs()) {
    const std::string module = module_of(model, pair->base);
    named[module + ".lora_A.weight"] = &pair->down.weight();
    named[module + ".lora_B.weight"] = &pair->up.weight();
    named[module + ".lora_magnitude_vector.weight"] = pair->magnitude.get();
  }
  return named;
}

Named attach_ia3(Model& model) {
  auto& ia3 = dynamic_cast<Ia3&>(model.attach(std::make_unique<Ia3>(Ia3Options{}), 1));
  Named named;
  for (const auto& scale : ia3.scales()) named[module_of(model, scale->base) + ".ia3_l"] = &scale->scale;
  return named;
}

class ScalingOracle : public testing::TestWithParam<const char*> {};

TEST_P(ScalingOracle, EqualsPeft) {
  const support::OracleCase c = support::read_case(std::string("scaling/") + GetParam());
  const support::TemporaryFolder folder;
  const auto model = support::oracle_model(c, folder, support::oracle_head(c));
  Named named = GetParam() == std::string("dora") ? attach_dora(*model) : attach_ia3(*model);
  for (Parameter* p : model->head()->parameters()) named["base_model.model." + saved_name(*model, p->path())] = p;
  for (const auto& [name, p] : named) {
    p->set(c.tensors.at("initial." + name).view(p->shape()).clone());
    p->train(true);
  }
  const auto logits = [&] {
    Pass pass;
    return (*model)(support::packed_batch(c.tensors), pass);
  };
  const Tensor forward = logits();
  EXPECT_LT(support::distance(forward, c.tensors.at("logits")), 1e-10);
  const Tensor loss = at::cross_entropy_loss(forward, c.tensors.at("labels"));
  EXPECT_NEAR(loss.item<double>(), c.tensors.at("loss").item<double>(), 1e-10);
  torch::autograd::backward({loss}, {});
  for (const auto& [name, p] : named) {
    EXPECT_LT(support::distance(p->leaf().grad(), c.tensors.at("grad." + name).view(p->shape())), 1e-10) << name;
  }
  ASSERT_TRUE(model->modifiers()[0]->merge(*model));
  EXPECT_LT(support::distance(logits().detach(), c.tensors.at("logits.merged")), 1e-10);
}

INSTANTIATE_TEST_SUITE_P(Cases, ScalingOracle, testing::Values("dora", "ia3"));

}  // namespace
}  // namespace espalier
