#include "espalier/io/image_loader.h"

#include <atomic>
#include <chrono>

#include "espalier/base/error.h"
#include "espalier/base/seed.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;

std::vector<float> slow(int64_t index) {
  std::this_thread::sleep_for(std::chrono::microseconds(100 * (index % 7)));
  return {float(index), float(index * index)};
}

TEST(ImageLoader, KeepsTheOrderWithAnyNumberOfThreads) {
  const std::vector<int64_t> order = permutation(70, 1);
  for (const int workers : {0, 1, 2, 5}) {
    for (const int64_t ahead : {0, 1, 3, 64, 1000}) {
      ImageLoader loader(slow, order, workers, ahead);
      for (const int64_t index : order) {
        const auto loaded = loader.next();
        ASSERT_TRUE(loaded.has_value());
        ASSERT_EQ(loaded->index, index);
        ASSERT_EQ(loaded->pixels, (std::vector<float>{float(index), float(index * index)}));
      }
      EXPECT_FALSE(loader.next().has_value());
      EXPECT_FALSE(loader.next().has_value());
    }
  }
}

TEST(ImageLoader, AFailureIsThrownWhereItsPictureIsTaken) {
  const auto make = [](int64_t index) -> std::vector<float> {
    if (index == 3) throw data_error("the picture is damaged").at("3.png");
    return {float(index)};
  };
  for (const int workers : {0, 2}) {
    ImageLoader loader(make, {1, 2, 3, 4}, workers);
    EXPECT_EQ(loader.next()->index, 1);
    EXPECT_EQ(loader.next()->index, 2);
    expect_error(ErrorKind::data, [&] { loader.next(); }, {"3.png"});
    EXPECT_EQ(loader.next()->index, 4);
    EXPECT_FALSE(loader.next().has_value());
  }
}

TEST(ImageLoader, RunsAheadSoFarAndNoFurtherAndMayBeLeft) {
  std::atomic<int64_t> made = 0;
  {
    ImageLoader loader(
        [&](int64_t index) {
          ++made;
          return std::vector<float>{float(index)};
        },
        std::vector<int64_t>(1000, 1), 3, 10);
    loader.next();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (made < 11 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(made, 11);
  }
  EXPECT_EQ(made, 11);
  EXPECT_FALSE(ImageLoader(slow, {}, 2).next().has_value());
}

}  // namespace
}  // namespace espalier
