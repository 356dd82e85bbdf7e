// Norms of pictures one by one, all weights trained: also where positions are interpolated.
#include <gtest/gtest.h>

#include "espalier/privacy/ghost.h"
#include "tests/support/tiny_families.h"

namespace espalier {
namespace {

TEST(Pictures, NormsOfEachEqualALoopAtEverySize) {
  for (const int64_t size : {8, 12}) {
    const auto model = support::tiny_model(support::classes(3), support::tiny_family("deit"));
    std::vector<Parameter*> all = model->base_parameters();
    std::erase_if(all, [](Parameter* p) { return p->path().starts_with("pooler."); });
    for (Parameter* p : all) p->train(true);
    Batch batch;
    batch.pixels = support::random_pictures(3, size);
    batch.classes = at::arange(3, at::kLong);
    GhostNorms ghost(all);
    Pass pass;
    pass.recorder = &ghost;
    torch::autograd::backward({at::cross_entropy_loss((*model)(batch, pass), batch.classes, {}, at::Reduction::Sum)}, {});
    const Tensor norms = ghost.squared_norms(3);
    for (int64_t i = 0; i < 3; ++i) {
      for (Parameter* p : all) p->leaf().mutable_grad().reset();
      Batch one = batch;
      one.pixels = batch.pixels.narrow(0, i, 1);
      one.classes = batch.classes.narrow(0, i, 1);
      Pass alone;
      torch::autograd::backward({at::cross_entropy_loss((*model)(one, alone), one.classes)}, {});
      double expected = 0;
      for (Parameter* p : all) {
        ASSERT_TRUE(p->leaf().grad().defined()) << p->path();
        expected += p->leaf().grad().square().sum().item<double>();
      }
      EXPECT_NEAR(norms[i].item<double>(), expected, 1e-10 * expected) << size << " " << i;
    }
  }
}

}  // namespace
}  // namespace espalier
