#include "espalier/base/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

/// " 1234", or nothing where the other process has not written its number yet.
std::string holder(int file) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  const std::string_view number = trim(std::string_view(text.data(), size > 0 ? size_t(size) : 0));
  return parse_int(number) ? " " + std::string(number) : "";
}

/// The one before may have removed its file between our open and our lock.
bool still_there(int file, const fs::path& path) {
  struct stat mine {
  }, named{};
  return ::fstat(file, &mine) == 0 && ::stat(path.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
         mine.st_dev == named.st_dev;
}

}  // namespace

FolderLock::FolderLock(const fs::path& folder) : path_(folder / kName) {
  for (;;) {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file_ < 0) {
      throw data_error("cannot be created: {}", std::strerror(errno))
          .at(path_.string())
          .hint("the folder must be one that can be written into; name another");
    }
    const int code = ::flock(file_, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    if (code == EWOULDBLOCK) {
      const std::string other = holder(file_);
      ::close(file_);
      throw usage_error("another process{} is working on this run", other)
          .at(folder.string())
          .hint("wait until it has ended, or name another folder with --out");
    }
    if (code == 0 ? still_there(file_, path_) : code != EINTR) break;
    ::close(file_);
  }
  const std::string number = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_, 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(file_, number.data(), number.size(), 0);
}

FolderLock::~FolderLock() {
  ::unlink(path_.c_str());
  ::close(file_);
}

}  // namespace espalier
