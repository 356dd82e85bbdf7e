// The profiler: every nanosecond in one row, operations and bytes by closed formula, backward time at the site of its forward,
// and the same bits as without it.
#include "espalier/train/profiler.h"

#include <chrono>
#include <thread>

#include "espalier/nn/linear.h"
#include "tests/train/tiny.h"

namespace espalier::test {
namespace {

using Clock = std::chrono::steady_clock;

/// Stands before or after the profiler among the callbacks, and so sees a step begin and end a little earlier or later.
class Bracket final : public Callback {
 public:
  void on_stage(Stage stage) override {
    if (stage == Stage::data) starts.push_back(Clock::now());
    if (stage == Stage::between) ends.push_back(Clock::now());
  }
  std::vector<Clock::time_point> starts, ends;
};

int64_t between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count();
}

TrainerOptions steps(int64_t count) {
  TrainerOptions options;
  options.steps = count;
  return options;
}

int64_t sum(const std::vector<ProfileRow>& rows, int64_t ProfileRow::*figure) {
  int64_t total = 0;
  for (const ProfileRow& row : rows) total += row.*figure;
  return total;
}

ProfileRow row_of(const Profile& profile, const std::string& place, Direction direction) {
  for (const ProfileRow& row : profile.rows) {
    if (row.place == place && row.direction == direction) return row;
  }
  ADD_FAILURE() << "no row of " << place;
  return {};
}

TEST(Profiler, RowsAddUpToTheWallTimeOfTheSteps) {
  const auto model = tiny_model();
  Profiler profiler(4, 2);
  Bracket before, after;
  Trainer trainer(*model, tiny_phase(*model), steps(8));
  trainer.add(before);
  trainer.add(profiler);
  trainer.add(after);
  trainer.run();
  const Profile& profile = profiler.profile();
  EXPECT_EQ(profile.steps, 4);
  EXPECT_EQ(profile.examples, 16);
  int64_t longest = 0, shortest = 0;
  for (size_t i = 2; i < 6; ++i) {
    longest += between(before.starts[i], after.ends[i]);
    shortest += between(after.starts[i], before.ends[i]);
  }
  EXPECT_EQ(sum(profile.rows, &ProfileRow::nanoseconds), profile.nanoseconds);
  EXPECT_EQ(sum(profile.kinds(), &ProfileRow::nanoseconds), profile.nanoseconds);
  EXPECT_EQ(sum(profile.places(), &ProfileRow::nanoseconds), profile.nanoseconds);
  EXPECT_LE(profile.nanoseconds, longest);
  EXPECT_GE(profile.nanoseconds, shortest);
  for (const char* kind : {"data wait", "clip and checks", "optimizer", "rest", "autograd", "loss", "linear", "attention"}) {
    const auto kinds = profile.kinds();
    EXPECT_TRUE(std::any_of(kinds.begin(), kinds.end(), [&](const ProfileRow& r) { return r.kind == kind && r.nanoseconds > 0; }))
        << kind;
  }
}

TEST(Profiler, ARunHasTheBitsOfOneWithoutIt) {
  std::vector<Tensor> leaves[2];
  for (const bool profiled : {false, true}) {
    const auto model = tiny_model(HeadKind::classify, 0.2, at::kFloat);
    Profiler profiler(3, 1);
    Trainer trainer(*model, tiny_phase(*model), steps(6));
    if (profiled) trainer.add(profiler);
    trainer.run();
    for (const Parameter* p : model->all_parameters()) leaves[size_t(profiled)].push_back(p->leaf().detach().clone());
  }
  for (size_t i = 0; i < leaves[0].size(); ++i) EXPECT_TRUE(leaves[0][i].equal(leaves[1][i])) << i;
}

/// Rows, examples and squared lengths of steps [from, to) of the tiny source.
struct Sizes {
  int64_t rows = 0, examples = 0, squares = 0;
};
Sizes sizes_of(int64_t from, int64_t to) {
  TinySource source;
  Sizes sizes;
  for (int64_t step = 0; step < to; ++step) {
    if (step % 5 == 0) source.start(step / 5, 0);
    std::vector<Batch> batches;
    source.next(batches);
    if (step < from) continue;
    for (const Batch& batch : batches) {
      for (int64_t i = 0; i < batch.size(); ++i) sizes.squares += batch.frame->length(i) * batch.frame->length(i);
      sizes.rows += batch.frame->rows();
      sizes.examples += batch.size();
    }
  }
  return sizes;
}

TEST(Profiler, OperationsEqualTheClosedFormula) {
  const auto model = tiny_model();
  Profiler profiler(4, 2);
  Trainer trainer(*model, tiny_phase(*model), steps(7));
  trainer.add(profiler);
  trainer.run();
  const Profile& profile = profiler.profile();
  const Sizes n = sizes_of(2, 6);
  const int64_t d = 8, f = 12, layers = 2, classes = 3;
  EXPECT_EQ(profile.tokens, n.rows);
  // A product of [N, in] and [in, out] takes 2 N in out; its backward as many for x and for W, since all trains.
  const int64_t linear = 2 * (layers * n.rows * (4 * d * d + 2 * d * f) + n.examples * d * classes);
  const int64_t attention = layers * 4 * d * n.squares;
  int64_t forward = 0, backward = 0;
  for (const ProfileRow& row : profile.rows) (row.direction == Direction::backward ? backward : forward) += row.operations;
  EXPECT_EQ(forward, linear + attention);
  EXPECT_EQ(backward, 2 * (linear + attention));
  EXPECT_EQ(row_of(profile, "encoder.*.attention", Direction::forward).operations, attention);
  EXPECT_EQ(row_of(profile, "encoder.*.ffn.up", Direction::forward).operations, 2 * layers * n.rows * d * f);
}

TEST(Profiler, FrozenPlacesBelowTheLowestTrainedOneHaveNoBackward) {
  const auto model = tiny_model();
  std::vector<Phase> phases = tiny_phase(*model);
  model->freeze();
  phases[0].trained = {&model->parameter_at("encoder.1.ffn.up.bias")};
  phases[0].trained[0]->train(true);
  Profiler profiler(3, 1);
  Trainer trainer(*model, std::move(phases), steps(4));
  trainer.add(profiler);
  trainer.run();
  const Profile& profile = profiler.profile();
  const Sizes n = sizes_of(1, 4);
  EXPECT_EQ(row_of(profile, "encoder.*.attention", Direction::backward).operations, 0);
  EXPECT_EQ(row_of(profile, "encoder.*.attention", Direction::backward).calls, 0);
  EXPECT_EQ(row_of(profile, "encoder.*.ffn.up", Direction::backward).operations, 0);  // neither for x nor for W
  EXPECT_GT(row_of(profile, "encoder.*.ffn.up", Direction::backward).calls, 0);       // the bias's
  EXPECT_EQ(row_of(profile, "encoder.*.ffn.down", Direction::backward).operations, 2 * n.rows * 8 * 12);
}

TEST(Profiler, BytesEqualTheClosedFormula) {
  const auto model = tiny_model();
  Profiler profiler(4, 0);
  Trainer trainer(*model, tiny_phase(*model), steps(4));
  trainer.add(profiler);
  trainer.run();
  const Profile& profile = profiler.profile();
  const Sizes n = sizes_of(0, 4);
  const int64_t size = 8, d = 8, f = 12, layers = 2, batches = 8;  // doubles; two micro-batches a step
  const int64_t weights = batches * (d * f + f);
  EXPECT_EQ(row_of(profile, "encoder.*.ffn.up", Direction::forward).bytes, layers * size * (n.rows * (d + f) + weights));
  // dL/dx: dL/dy, W, dL/dx; dL/dW: x and dL/dW.
  EXPECT_EQ(row_of(profile, "encoder.*.ffn.up", Direction::backward).bytes, layers * size * (n.rows * (d + f + d) + 2 * weights));
  EXPECT_EQ(row_of(profile, "encoder.*.attention", Direction::forward).bytes, layers * size * 4 * n.rows * d);  // q k v context
  EXPECT_EQ(row_of(profile, "encoder.*.ffn", Direction::forward).bytes, layers * size * 2 * n.rows * f);        // activation
}

struct SleepsBackwards : torch::autograd::Function<SleepsBackwards> {
  static Tensor forward(torch::autograd::AutogradContext*, const Tensor& x) { return x.clone(); }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*, torch::autograd::variable_list gradients) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return gradients;
  }
};

TEST(Profiler, TimeGoesToTheSiteThatTookItInBothDirections) {
  const auto model = tiny_model();
  Hook back = model->site_at("encoder.1.ffn.down").wrap(WrapOrder::delta, "slow", [](const Tensor& x, Next next, Pass&) {
    return SleepsBackwards::apply(next(x));
  });
  Hook ahead = model->site_at("encoder.0.attention.key").wrap(WrapOrder::delta, "slow", [](const Tensor& x, Next next, Pass&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return next(x);
  });
  Profiler profiler(2, 1);
  Trainer trainer(*model, tiny_phase(*model), steps(3));
  trainer.add(profiler);
  trainer.run();
  const int64_t slept = 2 * 2 * 20'000'000;  // steps, micro-batches
  EXPECT_GE(row_of(profiler.profile(), "encoder.*.ffn.down", Direction::backward).nanoseconds, slept);
  EXPECT_GE(row_of(profiler.profile(), "encoder.*.attention.key", Direction::forward).nanoseconds, slept);
}

TEST(Profiler, FewerStepsThanAskedForAreCounted) {
  const auto model = tiny_model();
  Profiler profiler(10, 3);
  Trainer trainer(*model, tiny_phase(*model), steps(5));
  trainer.add(profiler);
  trainer.run();
  EXPECT_EQ(profiler.profile().steps, 2);
  EXPECT_FALSE(profiler.done());
}

TEST(Profiler, NumbersOfPathsCollapse) {
  EXPECT_EQ(collapsed("encoder.11.attention.query"), "encoder.*.attention.query");
  EXPECT_EQ(collapsed("lora/encoder.3.ffn.up.down"), "lora/encoder.*.ffn.up.down");
  EXPECT_EQ(collapsed("head.main.out"), "head.main.out");
  EXPECT_EQ(collapsed(""), "model");
}

}  // namespace
}  // namespace espalier::test
