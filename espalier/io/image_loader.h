// Pictures of a set, made ready by background threads and handed out in the order that was asked for, whatever the number of
// threads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace espalier {

/// What a model reads of one picture: [channels, height, width].
struct LoadedImage {
  int64_t index = 0;
  std::vector<float> pixels;
};

class ImageLoader {
 public:
  /// `make` is called once for each number of `order`, by `workers` threads (0: by next itself), at most `ahead` pictures before
  /// they are taken.
  ImageLoader(std::function<std::vector<float>(int64_t index)> make, std::vector<int64_t> order, int workers, int64_t ahead = 64);
  ~ImageLoader();
  ImageLoader(const ImageLoader&) = delete;
  ImageLoader& operator=(const ImageLoader&) = delete;

  /// The next picture; nothing at the end. Throws what `make` threw for it, and can be called again for the one after it.
  std::optional<LoadedImage> next();

 private:
  struct Slot {
    bool ready = false;
    std::vector<float> pixels;
    std::exception_ptr failure;
  };
  void work();

  std::function<std::vector<float>(int64_t)> make_;
  std::vector<int64_t> order_;
  size_t ahead_;
  std::mutex mutex_;
  std::condition_variable room_, ready_;
  std::deque<Slot> slots_;  // of the places taken_ … taken_ + slots_.size() of the order, which are begun or done
  size_t taken_ = 0;
  bool closed_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace espalier
