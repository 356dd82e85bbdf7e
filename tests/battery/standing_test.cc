// What stands on what: removing a method under a mask is refused with the mask's name, or takes it along when asked.
#include "espalier/peft/lora.h"
#include "espalier/pruning/mask.h"
#include "tests/battery/cases.h"
#include "tests/support/files.h"

namespace espalier::battery {
namespace {

const Case kLora{"bert", "lora"};

Mask& mask_on(Model& model, const std::string& name, const std::string& on) {
  MaskOptions options;
  options.name = name;
  options.on = on;
  return dynamic_cast<Mask&>(model.attach(std::make_unique<Mask>(options), 1));
}

TEST(Standing, RemovalUnderAMaskIsRefusedByName) {
  const auto model = base_model(kLora);
  shake(*model, model->attach(make_modifier(kLora), 1));
  mask_on(*model, "sparse", "lora/**.{down,up}.weight");
  const Tensor before = outputs(*model);
  support::expect_error(ErrorKind::usage, [&] { model->detach("lora"); },
                        {"'lora'", "sparse stands on it", "remove sparse first"});
  EXPECT_EQ(model->modifiers().size(), 2u);
  EXPECT_TRUE(outputs(*model).equal(before));
}

TEST(Standing, CascadeTakesAllThatStandsOnIt) {
  const auto model = base_model(kLora);
  const Tensor before = outputs(*model);
  shake(*model, model->attach(make_modifier(kLora), 1));
  LoraOptions options;
  options.name = "upper";
  options.sites = "lora/**.down";
  shake(*model, model->attach(std::make_unique<Lora>(options), 1));
  mask_on(*model, "sparse", "upper/lora/**.up.weight");
  mask_on(*model, "beside", "encoder.*.ffn.up.weight");
  model->detach("lora", true);
  ASSERT_EQ(model->modifiers().size(), 1u);
  EXPECT_EQ(model->modifiers()[0]->name(), "beside");
  model->detach("beside");
  EXPECT_TRUE(outputs(*model).equal(before));
}

TEST(Standing, MergingUnderAForeignEditIsRefusedWithEveryPlace) {
  const auto model = base_model(kLora);
  Modifier& lora = model->attach(make_modifier(kLora), 1);
  mask_on(*model, "sparse", "encoder.*.attention.{query,key}.weight");
  const Leaves leaves = copied(model->base_parameters());
  support::expect_error(ErrorKind::unsupported, [&] { lora.merge(*model); },
                        {"'lora' cannot be merged", "encoder.0.attention.query", "encoder.1.attention.key", "'sparse'"});
  EXPECT_FALSE(lora.merged());
  expect_unchanged(leaves, "by a refused merge");
}

TEST(Standing, DetachingAnUnknownNameIsRefused) {
  const auto model = base_model(kLora);
  support::expect_error(ErrorKind::usage, [&] { model->detach("nobody"); }, {"'nobody'"});
}

TEST(Standing, AModelMayDieWithEverythingAttached) {
  auto model = base_model(kLora);
  Modifier& lora = model->attach(make_modifier(kLora), 1);
  shake(*model, lora);
  mask_on(*model, "sparse", "lora/**.{down,up}.weight").merge(*model);
  lora.merge(*model);
  model.reset();
}

}  // namespace
}  // namespace espalier::battery
