#include "espalier/io/line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

size_t line_end(std::string_view text, size_t from) {
  const auto at = std::find_if(text.begin() + from, text.end(), [](char c) { return c == '\n' || c == '\r'; });
  return at == text.end() ? std::string_view::npos : at - text.begin();
}

}  // namespace

LineReader::LineReader(const std::string& path, int64_t max_line_bytes)
    : name_(path == "-" ? "standard input" : path), max_line_bytes_(max_line_bytes) {
  file_ = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) throw data_error("cannot be opened: {}", std::strerror(errno)).at(path);
  struct stat status {};
  if (::fstat(file_, &status) == 0 && S_ISREG(status.st_mode)) {
    block_ = std::clamp(static_cast<size_t>(status.st_size) + 1, size_t{1} << 10, block_);
  }
}

LineReader::~LineReader() {
  if (file_ > STDIN_FILENO) close(file_);
}

// Adds what is there to read, up to one block, behind what has not been given out yet; false at the end.
bool LineReader::fill() {
  if (ended_) return false;
  buffer_.erase(0, at_);
  at_ = 0;
  const size_t kept = buffer_.size();
  buffer_.resize(kept + block_);
  ssize_t count = 0;
  do {
    count = read(file_, buffer_.data() + kept, block_);
  } while (count < 0 && errno == EINTR);
  if (count < 0) throw data_error("cannot be read: {}", std::strerror(errno)).at(name_);
  buffer_.resize(kept + static_cast<size_t>(count));
  ended_ = count == 0;
  return count > 0;
}

// The first bytes tell a BOM, and files that are no text at all.
void LineReader::check_start() {
  started_ = true;
  while (buffer_.size() < 3 && fill()) {
  }
  const std::string_view start(buffer_);
  if (start.starts_with("\xEF\xBB\xBF")) {
    at_ = 3;
  } else if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) {
    throw data_error("the text is UTF-16; expected UTF-8").at(name_).hint("convert it: iconv -f UTF-16 -t UTF-8 IN > OUT");
  } else if (start.starts_with("\x1F\x8B")) {
    throw data_error("the file is compressed with gzip; expected text").at(name_).hint("unpack it: gunzip -k FILE");
  } else if (start.starts_with("PK\x03")) {
    throw data_error("the file is a zip archive or a spreadsheet; expected text")
        .at(name_)
        .hint("unpack it, or save the sheet as CSV in UTF-8");
  }
}

bool LineReader::next_raw(std::string& line) {
  if (!started_) check_start();
  size_t searched = 0, end = std::string::npos;  // both from at_
  while (true) {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    const size_t newline = line_end(rest, searched);
    // A carriage return at the end of the block may be half of a line end.
    if (newline != std::string_view::npos && (rest[newline] == '\n' || newline + 1 < rest.size() || ended_)) {
      end = newline + (rest[newline] == '\r' && newline + 1 < rest.size() && rest[newline + 1] == '\n' ? 2 : 1);
      break;
    }
    searched = newline == std::string_view::npos ? rest.size() : newline;
    if (static_cast<int64_t>(searched) > max_line_bytes_) {
      throw data_error("the line is longer than {}", human_bytes(max_line_bytes_)).at(fmt::format("{}:{}", name_, lines_ + 1));
    }
    if (!fill() && newline == std::string_view::npos) {
      end = buffer_.size() - at_;
      break;
    }
  }
  if (end == 0) return false;
  line.assign(buffer_, at_, end);
  at_ += end;
  ++lines_;
  if (!valid_utf8(line)) {
    int64_t replaced = 0;
    line = repair_utf8(line, &replaced);
    repaired_ += replaced;
  }
  return true;
}

bool LineReader::next(std::string& line) {
  if (!next_raw(line)) return false;
  if (line.ends_with('\n')) line.pop_back();
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

}  // namespace espalier
