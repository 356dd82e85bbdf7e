#include "espalier/io/gzip.h"

#include <zlib.h>

#include <algorithm>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

constexpr std::string_view kMagic = "\x1F\x8B";
constexpr size_t kBlock = 1 << 18;

class Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK; }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

std::string gunzip(std::string_view bytes, const std::string& place, int64_t max_bytes) {
  Inflater inflater;
  z_stream& stream = inflater.stream();
  std::string out;
  size_t at = 0;  // what has been given to zlib, which counts in 32 bits
  const auto failed = [&](const char* why) {
    return data_error("the gzip file cannot be inflated beyond byte {}: {}", at - stream.avail_in, why)
        .at(place)
        .hint("the file was cut off or is damaged; download or copy it again");
  };
  if (!inflater.ready()) throw failed("zlib refuses");
  std::string block(kBlock, '\0');
  for (;;) {
    if (stream.avail_in == 0) {
      const size_t next = std::min(bytes.size() - at, kBlock);
      if (next == 0) throw failed("it ends too early");
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + at));
      stream.avail_in = uInt(next);
      at += next;
    }
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = uInt(block.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.append(block.data(), block.size() - stream.avail_out);
    if (int64_t(out.size()) > max_bytes) {
      throw data_error("the gzip file holds more than {}, which is not read", human_bytes(max_bytes)).at(place);
    }
    if (status == Z_STREAM_END) {
      const std::string_view rest = bytes.substr(at - stream.avail_in);
      if (rest.find_first_not_of('\0') == std::string_view::npos) return out;
      if (!rest.starts_with(kMagic)) throw failed("something else follows");
      inflateReset(&stream);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      throw failed(stream.msg != nullptr ? stream.msg : "it is damaged");
    }
  }
}

PlainFile::PlainFile(const fs::path& path) : file_(path), compressed_(file_.text().starts_with(kMagic)) {
  if (compressed_) inflated_ = gunzip(file_.text(), path.string());
}

}  // namespace espalier
