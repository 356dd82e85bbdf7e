#include "espalier/cli/npy.h"

#include <fmt/format.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "espalier/base/error.h"

namespace espalier {
namespace {

constexpr size_t kHeader = 128;  // a multiple of 64 that holds any shape
static_assert(std::endian::native == std::endian::little);

std::string header(int64_t rows, int64_t width) {
  std::string text("\x93NUMPY\x01\x00\x76\x00", 10);  // 0x76 bytes follow
  text += fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, width);
  text.resize(kHeader - 1, ' ');
  return text + "\n";
}

}  // namespace

NpyWriter::NpyWriter(fs::path path, int64_t width)
    : path_(std::move(path)), temporary_(path_.string() + fmt::format(".tmp-{}", ::getpid())), width_(width) {
  if (fs::is_directory(path_)) throw usage_error("it is a folder; expected the name of a file").at(path_.string());
  file_.open(temporary_, std::ios::binary | std::ios::trunc);
  check("cannot be created");
  file_ << header(0, width);
}

NpyWriter::~NpyWriter() {
  if (finished_) return;
  file_.close();
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

void NpyWriter::write(std::span<const float> row) {
  if (int64_t(row.size()) != width_) throw bug_error("a row of {} numbers; expected {}", row.size(), width_).at(path_.string());
  file_.write(reinterpret_cast<const char*>(row.data()), std::streamsize(row.size_bytes()));
  check("cannot be written");
  ++rows_;
}

void NpyWriter::finish() {
  file_.seekp(0);
  file_ << header(rows_, width_);
  file_.close();
  check("cannot be written");
  std::error_code error;
  fs::rename(temporary_, path_, error);
  if (error) throw data_error("cannot be renamed: {}", error.message()).at(path_.string());
  finished_ = true;
}

void NpyWriter::check(const char* step) {
  if (!file_) throw data_error("{}: {}", step, std::strerror(errno)).at(path_.string());
}

}  // namespace espalier
