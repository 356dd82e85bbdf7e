#include "espalier/base/threads.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace espalier {
namespace {

TEST(Threads, UsableCoresAreWithinTheMachine) {
  EXPECT_GE(usable_cores(), 1);
  EXPECT_LE(usable_cores(), int(std::thread::hardware_concurrency()));
  EXPECT_NE(usable_cores_reason().find("physical core"), std::string::npos) << usable_cores_reason();
}

TEST(Threads, ReadsQuotas) {
  EXPECT_EQ(quota_cores("150000 100000\n"), 1.5);
  EXPECT_EQ(quota_cores("200000\n 100000\n"), 2.0);
  for (const char* none : {"max 100000", "-1 100000", "", " ", "100000", "100000 0", "x y"}) {
    EXPECT_FALSE(quota_cores(none)) << none;
  }
}

TEST(Threads, PeakMemoryGrowsWithUse) {
  const int64_t before = peak_rss_bytes();
  if (before == 0) GTEST_SKIP() << "this system does not tell its peak memory";
  constexpr size_t kBytes = size_t{64} << 20;
  const std::vector<char> block(kBytes, 1);
  EXPECT_GE(peak_rss_bytes(), int64_t(kBytes));
  EXPECT_GE(peak_rss_bytes(), before);
  EXPECT_EQ(block.back(), 1);
}

}  // namespace
}  // namespace espalier
