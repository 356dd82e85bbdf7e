// Order: with a LoRA attached before or after it, the method gives the same output, unless it says that it does not commute.
#include "tests/battery/cases.h"

namespace espalier::battery {
namespace {

Tensor with_lora(const Case& c, bool lora_first) {
  const auto model = base_model(c);
  const Case lora{c.family, "lora"};
  auto add = [&](const Case& which, const char* name) { shake(*model, model->attach(make_modifier(which, name), 1)); };
  if (lora_first) add(lora, "lora_beside");
  add(c, "it");
  if (!lora_first) add(lora, "lora_beside");
  return outputs(*model);
}

TEST_P(Battery, CommutesWithALoraWhereItSaysSo) {
  const double apart = (with_lora(GetParam(), true) - with_lora(GetParam(), false)).abs().max().item<double>();
  // Two updates are added in either order: sums of doubles near 1 through a few layers.
  EXPECT_EQ(apart < 1e-10, make_modifier(GetParam())->commutes()) << apart;
}

}  // namespace
}  // namespace espalier::battery
