#include "espalier/base/queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "tests/support/files.h"

namespace espalier {
namespace {

TEST(Queue, KeepsOrderAndEnds) {
  Queue<std::unique_ptr<int>> queue(2);
  std::thread producer([&] {
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(queue.push(std::make_unique<int>(i)));
    queue.close();
  });
  int expected = 0;
  while (auto item = queue.pop()) EXPECT_EQ(**item, expected++);
  EXPECT_EQ(expected, 1000);
  EXPECT_FALSE(queue.pop());
  producer.join();
}

TEST(Queue, NeverHoldsMoreThanItsCapacity) {
  Queue<int> queue(3);
  std::atomic<int> pushed{0};
  std::thread producer([&] {
    while (queue.push(0)) ++pushed;
  });
  while (pushed < 3) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(pushed, 3);
  queue.close();
  producer.join();
  EXPECT_EQ(pushed, 3);
}

TEST(Queue, CarriesTheProducersException) {
  Queue<int> queue(4);
  std::thread producer([&] {
    std::exception_ptr failure;
    try {
      queue.push(1);
      throw data_error("the row is broken").at("a.tsv:3");
    } catch (...) {
      failure = std::current_exception();
    }
    queue.fail(std::move(failure));
  });
  EXPECT_EQ(queue.pop(), 1);  // what was made before the failure still comes
  support::expect_error(ErrorKind::data, [&] { queue.pop(); }, {"a.tsv:3: the row is broken"});
  EXPECT_FALSE(queue.pop());
  producer.join();
}

TEST(Queue, ClosingFreesAWaitingConsumer) {
  Queue<int> queue(1);
  std::thread consumer([&] { EXPECT_FALSE(queue.pop()); });
  queue.close();
  consumer.join();
  EXPECT_FALSE(queue.push(1));
}

TEST(Queue, ManyProducersAndConsumersLoseNothing) {
  Queue<int64_t> queue(8);
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> producers, consumers;
  for (int64_t p = 0; p < 3; ++p) {
    producers.emplace_back([&queue, p] {
      for (int64_t i = 0; i < 2000; ++i) queue.push(p * 2000 + i);
    });
  }
  for (int c = 0; c < 3; ++c) {
    consumers.emplace_back([&] {
      while (const auto item = queue.pop()) sum += *item;
    });
  }
  for (std::thread& one : producers) one.join();
  queue.close();
  for (std::thread& one : consumers) one.join();
  EXPECT_EQ(sum, int64_t{6000} * 5999 / 2);
}

}  // namespace
}  // namespace espalier
