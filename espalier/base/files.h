// Files: whole reads, atomic writes, read-only maps, SHA-256. Every failure is an Error that names the path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace espalier {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path);
/// Writes to `path` + ".tmp-<pid>", syncs file and folder, renames. On any failure (disk full, read-only folder, a file
/// where a folder should be) the old file is untouched, the temporary one removed, and the Error says which step failed.
void write_file(const fs::path& path, std::string_view bytes);
/// As write_file, the bytes coming in pieces through the sink.
void write_file(const fs::path& path, const std::function<void(const std::function<void(std::string_view)>& sink)>& body);
/// Appends, in one write call; used for event lines.
void append_file(const fs::path& path, std::string_view bytes);
/// Makes the folder and its parents; an Error names the part that is in the way.
void make_folder(const fs::path& path);

/// A read-only memory map; unmapped when destroyed. An empty file gives an empty span.
class MappedFile {
 public:
  explicit MappedFile(const fs::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

std::string sha256(std::string_view bytes);  ///< 64 lower-case hexadecimal digits
std::string sha256_file(const fs::path& path);

}  // namespace espalier
