// Whole reads, atomic writes (temporary file, fsync, rename, fsync of the folder), memory maps and SHA-256.
#include "espalier/base/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>

#include "espalier/base/error.h"
#include "espalier/base/mapped_pages.h"

namespace espalier {
namespace {

std::string hint_for(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return "free space there, or choose another folder";
    case EACCES:
    case EPERM:
      return "check the owner and the permissions";
    case EROFS:
      return "that file system is read-only; choose another folder";
    case ENOENT:
      return "check the spelling of the path";
    case ENOTDIR:
      return "a part of the path is a file, not a folder";
    case EISDIR:
      return "that is a folder; name a file";
    case ENAMETOOLONG:
      return "choose a shorter path";
    default:
      return "";
  }
}

[[noreturn]] void fail(const fs::path& path, const std::string& step, int code) {
  throw data_error("{}: {}", step, std::strerror(code)).at(path.string()).hint(hint_for(code));
}

/// An open descriptor, closed at the end of its scope.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, mode_t mode = 0) : number_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  bool open() const { return number_ >= 0; }
  /// 0 or errno: some file systems report a full disk only here.
  int close() { return ::close(std::exchange(number_, -1)) == 0 ? 0 : errno; }

 private:
  int number_;
};

int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), std::min(bytes.size(), size_t{1} << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(size_t(written));
  }
  return 0;
}

/// Removes the temporary file unless it was renamed.
struct Temporary {
  fs::path path;
  bool kept = false;
  ~Temporary() {
    if (!kept) ::unlink(path.c_str());
  }
};

struct stat open_status(const Descriptor& file, const fs::path& path) {
  if (!file.open()) fail(path, "cannot be opened", errno);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) fail(path, "cannot be examined", errno);
  if (S_ISDIR(status.st_mode)) fail(path, "cannot be read", EISDIR);
  return status;
}

void each_block(const fs::path& path, const std::function<void(std::string_view)>& use) {
  const Descriptor file(path, O_RDONLY);
  // one byte more than the file has, so that its end is seen; what has no size, such as a pipe, says 0
  const auto size = size_t(open_status(file, path).st_size) + 1;
  std::string block(std::clamp(size, size_t{1} << 12, size_t{1} << 18), '\0');
  for (;;) {
    const ssize_t count = ::read(file.number(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, "cannot be read", errno);
    if (count == 0) return;
    use(std::string_view(block.data(), size_t(count)));
  }
}

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) throw bug_error("SHA-256 is not available");
  }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string finish() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), digest, &size);
    std::string text;
    for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace

std::string read_file(const fs::path& path) {
  std::string bytes;
  each_block(path, [&](std::string_view block) { bytes += block; });
  return bytes;
}

void write_file(const fs::path& path, std::string_view bytes) {
  write_file(path, [&](const std::function<void(std::string_view)>& sink) { sink(bytes); });
}

void write_file(const fs::path& path, const std::function<void(const std::function<void(std::string_view)>& sink)>& body) {
  if (fs::is_directory(fs::status(path))) fail(path, "cannot be written", EISDIR);
  Temporary temporary{path.string() + ".tmp-" + std::to_string(::getpid())};
  Descriptor file(temporary.path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (!file.open()) {
    temporary.kept = true;  // nothing was made
    fail(path, "cannot be created", errno);
  }
  body([&](std::string_view bytes) {
    if (const int code = write_all(file.number(), bytes)) fail(path, "cannot be written", code);
  });
  if (::fsync(file.number()) != 0) fail(path, "cannot be brought to the disk", errno);
  if (const int code = file.close()) fail(path, "cannot be closed", code);
  if (::rename(temporary.path.c_str(), path.c_str()) != 0) fail(path, "cannot be replaced", errno);
  temporary.kept = true;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Descriptor directory(folder, O_RDONLY | O_DIRECTORY);
  // some network file systems cannot sync a folder and say EINVAL: the file itself is safe by then
  if (!directory.open() || (::fsync(directory.number()) != 0 && errno != EINVAL)) {
    fail(path, "its folder cannot be brought to the disk", errno);
  }
}

void append_file(const fs::path& path, std::string_view bytes) {
  Descriptor file(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (!file.open()) fail(path, "cannot be opened for appending", errno);
  const off_t before = ::lseek(file.number(), 0, SEEK_END);
  if (const int code = write_all(file.number(), bytes)) {
    [[maybe_unused]] const int undone = before >= 0 ? ::ftruncate(file.number(), before) : 0;  // no torn line stays
    fail(path, "cannot be appended to", code);
  }
  if (const int code = file.close()) fail(path, "cannot be closed", code);
}

void make_folder(const fs::path& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (!code && fs::is_directory(path, code)) return;
  fs::path part;
  for (const fs::path& step : path) {
    part /= step;
    std::error_code ignored;
    const fs::file_status status = fs::status(part, ignored);
    if (fs::exists(status) && !fs::is_directory(status)) {
      throw data_error("the folder cannot be made: '{}' is a file", part.string())
          .at(path.string())
          .hint("remove or rename that file, or choose another folder");
    }
  }
  fail(path, "the folder cannot be made", code ? code.value() : ENOTDIR);
}

namespace {

/// Where the files lie that are mapped now.
class Maps {
 public:
  void add(const std::byte* data, size_t size) {
    const std::lock_guard lock(mutex_);
    sizes_[data] = size;
  }
  void remove(const std::byte* data) {
    const std::lock_guard lock(mutex_);
    sizes_.erase(data);
  }
  void release(const std::byte* data, size_t size) {
    const std::lock_guard lock(mutex_);  // so that nothing is unmapped and taken by others meanwhile
    auto map = sizes_.upper_bound(data);
    if (map == sizes_.begin()) return;
    --map;
    const auto page = uintptr_t(::sysconf(_SC_PAGESIZE));
    const uintptr_t first = (uintptr_t(data) + page - 1) / page * page, last = (uintptr_t(data) + size) / page * page;
    if (uintptr_t(data) + size > uintptr_t(map->first) + map->second || first >= last) return;
    ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);  // no more than a hint
  }

 private:
  std::mutex mutex_;
  std::map<const std::byte*, size_t> sizes_;
};

Maps& maps() {
  static Maps* const all = new Maps;  // outlives every static that holds a map
  return *all;
}

}  // namespace

void release_mapped(const void* data, size_t size) { maps().release(static_cast<const std::byte*>(data), size); }

MappedFile::MappedFile(const fs::path& path) : path_(path) {
  const Descriptor file(path, O_RDONLY);
  const struct stat status = open_status(file, path);
  if (!S_ISREG(status.st_mode)) throw data_error("is not a regular file and cannot be mapped").at(path.string());
  if (status.st_size == 0) return;
  void* data = ::mmap(nullptr, size_t(status.st_size), PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (data == MAP_FAILED) fail(path, "cannot be mapped", errno);
  data_ = static_cast<const std::byte*>(data);
  size_ = size_t(status.st_size);
  maps().add(data_, size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  maps().remove(data_);
  ::munmap(const_cast<std::byte*>(data_), size_);
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

std::string sha256_file(const fs::path& path) {
  Sha256 hash;
  each_block(path, [&](std::string_view block) { hash.add(block); });
  return hash.finish();
}

}  // namespace espalier
