// Keeping: what was trained survives a file; removing gives the base's outputs and leaves bit for bit, turning off its outputs.
#include "espalier/models/load.h"
#include "espalier/peft/formats/peft.h"
#include "espalier/train/state.h"
#include "espalier/train/tensor_file.h"
#include "tests/battery/cases.h"
#include "tests/support/files.h"

namespace espalier::battery {
namespace {

TEST_P(Battery, SurvivesAFile) {
  const support::TemporaryFolder folder;
  const auto model = base_model(GetParam());
  Modifier& modifier = model->attach(make_modifier(GetParam(), "mine"), 1);
  shake(*model, modifier);
  const Tensor wanted = outputs(*model);
  const std::vector<Parameter*> head = model->head()->parameters();
  const bool peft = peft_obstacles(*model, modifier, head).empty();  // it has a type there
  NamedTensors tensors;
  for (Parameter* p : modifier.trained(*model)) tensors[p->path()] = p->leaf().detach();
  const NamedTensors chosen = modifier.kept();
  if (peft) {
    save_peft(*model, modifier, folder.path(), {.base = "base"}, head);
  } else {
    write_tensors(folder / "trained.safetensors", tensors);
    write_tensors(folder / "chosen.safetensors", chosen);
  }

  const auto fresh = base_model(GetParam());
  if (peft) {
    MemoryLog log;
    load_peft(*fresh, folder.path(), "mine", log);
  } else {
    Modifier& again = fresh->attach(remake(modifier), 99);
    restore(again.trained(*fresh), read_tensors(folder / "trained.safetensors"), "file");
    again.restore_kept(read_tensors(folder / "chosen.safetensors"));
  }
  EXPECT_TRUE(outputs(*fresh).equal(wanted));
  for (Parameter* p : fresh->modifiers().front()->trained(*fresh))
    EXPECT_TRUE(p->leaf().equal(tensors.at(p->path()))) << p->path();
}

TEST_P(Battery, OptionsMakeItAgain) {
  const auto first = make_modifier(GetParam(), "mine");
  const auto again = remake(*first);
  EXPECT_EQ(again->name(), "mine");
  EXPECT_EQ(again->kind(), first->kind());
  EXPECT_EQ(again->options(), first->options());
}

TEST_P(Battery, RemovalRestoresTheBase) {
  const auto model = base_model(GetParam());
  const Tensor before = outputs(*model);
  const Leaves leaves = copied(model->base_parameters());
  Modifier& modifier = model->attach(make_modifier(GetParam()), 1);
  for (Parameter* p : modifier.trained(*model)) {  // as an optimiser does: into the leaf itself
    p->train(true);
    at::NoGradGuard no_gradient;
    p->leaf().add_(0.1);
  }
  model->detach(modifier.name());
  EXPECT_TRUE(model->modifiers().empty());
  EXPECT_TRUE(outputs(*model).equal(before));
  expect_unchanged(leaves, "removed");
  for (Parameter* p : model->base_parameters()) EXPECT_FALSE(p->trained() || p->edited()) << p->path();
  for (Site* s : model->all_sites()) EXPECT_FALSE(s->wrapped()) << s->path();
}

TEST_P(Battery, OffIsTheBaseAndOnIsAsBefore) {
  const auto model = base_model(GetParam());
  const Tensor before = outputs(*model);
  Modifier& modifier = model->attach(make_modifier(GetParam()), 1);
  shake(*model, modifier);
  const Tensor tuned = outputs(*model);
  EXPECT_EQ(equal_outputs(tuned, before), modifier.trained(*model).empty() && modifier.starts_as_base());
  modifier.enable(false);
  EXPECT_TRUE(equal_outputs(outputs(*model), before));
  modifier.enable(true);
  EXPECT_TRUE(outputs(*model).equal(tuned));
  modifier.enable(false);
  model->detach(modifier.name());
  EXPECT_TRUE(outputs(*model).equal(before));
}

}  // namespace
}  // namespace espalier::battery
