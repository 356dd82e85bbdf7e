// A bounded queue between a background producer and its consumer; an exception of the producer reaches the consumer.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace espalier {

template <class T>
class Queue {
 public:
  explicit Queue(size_t capacity) : capacity_(std::max<size_t>(1, capacity)) {}
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// Waits for room. False when the queue was closed: the item is dropped and the producer should return.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    lock.unlock();
    filled_.notify_one();
    return true;
  }
  /// Waits for an item. What was pushed before the end still comes; then a failure is thrown once, then nullopt.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (!items_.empty()) {
      std::optional<T> item(std::move(items_.front()));
      items_.pop_front();
      lock.unlock();
      room_.notify_one();
      return item;
    }
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return std::nullopt;
  }
  /// No more items: by the producer at its end, or by a consumer that stops early. May be called again.
  void close() { end(nullptr); }
  /// Closes with the producer's exception, of which the producer keeps nothing: take std::current_exception() in the catch, call
  /// this after it. The first one is kept.
  void fail(std::exception_ptr failure) { end(std::move(failure)); }

 private:
  void end(std::exception_ptr failure) {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_) failure_ = std::move(failure);
      closed_ = true;
    }
    room_.notify_all();
    filled_.notify_all();
  }

  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable room_, filled_;
  std::deque<T> items_;
  std::exception_ptr failure_;
  bool closed_ = false;
};

}  // namespace espalier
