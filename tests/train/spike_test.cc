// The spike detector: silent on noise and on a falling loss, told of a jump, and equal after a resume.
#include "espalier/train/callbacks/spike.h"

#include <gtest/gtest.h>

#include <cmath>

#include "espalier/base/seed.h"

namespace espalier {
namespace {

struct Told {
  explicit Told(Spike& spike) {
    spike.tell = [this](int64_t step, const std::string& text) {
      steps.push_back(step);
      last = text;
    };
  }
  std::vector<int64_t> steps;
  std::string last;
};

/// Falls from 2 to 0.2 with noise of a tenth of it.
double usual(int64_t step) {
  RandomStream random(derive_key(5, uint64_t(step)));
  return (0.2 + 1.8 * std::exp(-double(step) / 100)) * (1 + 0.1 * random.normal());
}

void feed(Spike& spike, int64_t step, double loss) {
  spike.on_step({.step = step, .loss = loss, .rows = [] { return std::string("train.tsv:4,9"); }});
}

TEST(Spike, IsSilentOnNoiseAndOnAFallingLoss) {
  Spike spike({});
  const Told told(spike);
  for (int64_t step = 1; step <= 2000; ++step) feed(spike, step, usual(step));
  EXPECT_TRUE(told.steps.empty()) << told.last;
  EXPECT_FALSE(spike.wants_stop());
}

TEST(Spike, TellsOfAJumpWithItsRows) {
  for (const bool stop : {false, true}) {
    Spike spike({.stop = stop});
    const Told told(spike);
    for (int64_t step = 1; step <= 300; ++step) feed(spike, step, step == 200 ? 3 : usual(step));
    EXPECT_EQ(told.steps, std::vector<int64_t>{200});
    for (const char* piece : {"step 200", "3", "deviations above the median", "train.tsv:4,9"}) {
      EXPECT_NE(told.last.find(piece), std::string::npos) << told.last;
    }
    EXPECT_EQ(spike.wants_stop(), stop);
  }
}

TEST(Spike, AConstantLossHasASpreadToo) {
  Spike spike({.window = 10});
  const Told told(spike);
  for (int64_t step = 1; step <= 30; ++step) feed(spike, step, 1 + (step == 20 ? 0.4 : 0) + (step == 25 ? 0.6 : 0));
  EXPECT_EQ(told.steps, std::vector<int64_t>{25});  // ten times a twentieth of the median is one half
}

TEST(Spike, MuchNoiseAsksForALargerJump) {
  Spike spike({});
  const Told told(spike);
  RandomStream random(derive_key(9, "noise"));
  for (int64_t step = 1; step <= 500; ++step) feed(spike, step, 3 * random.uniform());
  EXPECT_TRUE(told.steps.empty()) << told.last;
}

TEST(Spike, GoesOnWhereItStopped) {
  Spike whole({}), first({}), second({});
  const Told told(whole), later(second);
  for (int64_t step = 1; step <= 400; ++step) {
    const double loss = step % 90 == 0 ? 4 : usual(step);
    feed(whole, step, loss);
    if (step == 150) {
      second.load_state(first.state());
      EXPECT_EQ(second.state(), first.state());
    }
    feed(step <= 150 - 1 ? first : second, step, loss);
  }
  EXPECT_EQ(second.state(), whole.state());
  EXPECT_EQ(told.steps, (std::vector<int64_t>{90, 180, 270, 360}));
  EXPECT_EQ(later.steps, (std::vector<int64_t>{180, 270, 360}));
}

}  // namespace
}  // namespace espalier
