#include "espalier/io/image_loader.h"

#include <algorithm>
#include <utility>

namespace espalier {

ImageLoader::ImageLoader(std::function<std::vector<float>(int64_t)> make, std::vector<int64_t> order, int workers, int64_t ahead)
    : make_(std::move(make)), order_(std::move(order)), ahead_(size_t(std::max<int64_t>(ahead, 1))) {
  for (int i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
}

ImageLoader::~ImageLoader() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  room_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ImageLoader::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    room_.wait(lock, [&] { return closed_ || taken_ + slots_.size() == order_.size() || slots_.size() < ahead_; });
    if (closed_ || taken_ + slots_.size() == order_.size()) return;
    const size_t at = taken_ + slots_.size();
    slots_.emplace_back();
    lock.unlock();
    Slot done{true, {}, nullptr};
    try {
      done.pixels = make_(order_[at]);
    } catch (...) {
      done.failure = std::current_exception();
    }
    lock.lock();
    slots_[at - taken_] = std::move(done);
    ready_.notify_one();
  }
}

std::optional<LoadedImage> ImageLoader::next() {
  if (taken_ == order_.size()) return std::nullopt;  // only this thread changes it
  const int64_t index = order_[taken_];
  if (workers_.empty()) {
    ++taken_;
    return LoadedImage{index, make_(index)};
  }
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [&] { return !slots_.empty() && slots_.front().ready; });
  Slot slot = std::move(slots_.front());
  slots_.pop_front();
  ++taken_;
  lock.unlock();
  room_.notify_all();
  if (slot.failure) std::rethrow_exception(slot.failure);
  return LoadedImage{index, std::move(slot.pixels)};
}

}  // namespace espalier
