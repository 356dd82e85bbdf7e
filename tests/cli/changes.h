// Watches a folder that a program writes: waits for the n-th change below it, so that a kill can hit any of them.
#pragma once

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <map>
#include <string>

#include "espalier/base/files.h"

namespace espalier::test {

class Changes {
 public:
  /// `folder` need not be there yet; its parent must be.
  explicit Changes(const fs::path& folder) : file_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)), name_(folder.filename().string()) {
    parent_ = watch(folder.parent_path());
    if (fs::exists(folder)) watch_all(folder);
  }
  ~Changes() { ::close(file_); }
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;

  /// Until `count` changes were seen or the time is over; gives how many were.
  int64_t wait(int64_t count, std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (seen_ < count) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
      pollfd ready{file_, POLLIN, 0};
      if (left <= 0 || ::poll(&ready, 1, int(left)) <= 0) break;
      read_some();
    }
    return seen_;
  }

 private:
  int watch(const fs::path& folder) {
    const int at = ::inotify_add_watch(file_, folder.c_str(), IN_CREATE | IN_MODIFY | IN_MOVE | IN_CLOSE_WRITE | IN_DELETE);
    if (at >= 0) folders_[at] = folder;
    return at;
  }

  void watch_all(const fs::path& folder) {
    watch(folder);
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      if (entry.is_directory(ignored)) watch_all(entry.path());
    }
  }

  void read_some() {
    alignas(inotify_event) std::array<char, 4096> buffer;
    const ssize_t size = ::read(file_, buffer.data(), buffer.size());
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += ssize_t(sizeof(inotify_event) + event->len);
      const std::string name = event->len > 0 ? event->name : "";
      if (event->wd == parent_ && name != name_) continue;
      ++seen_;
      if ((event->mask & IN_ISDIR) != 0 && (event->mask & (IN_CREATE | IN_MOVED_TO)) != 0) watch_all(folders_[event->wd] / name);
    }
  }

  int file_, parent_ = -1;
  std::string name_;
  std::map<int, fs::path> folders_;
  int64_t seen_ = 0;
};

}  // namespace espalier::test
