// PBM, PGM and PPM, as text (P1 P2 P3) and as bytes (P4 P5 P6): netpbm.sourceforge.net/doc/{pbm,pgm,ppm}.html. Samples are
// scaled to 255; of several pictures in one file the first is read.
#include <algorithm>
#include <cmath>

#include "espalier/base/text.h"
#include "espalier/io/image_formats.h"

namespace espalier {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class PnmReader {
 public:
  PnmReader(std::string_view bytes, const std::string& place) : bytes_(bytes), place_(place) {}

  /// The next number of the text, past white space and comments.
  int64_t number(const char* what) {
    skip();
    const size_t begin = at_;
    while (at_ < bytes_.size() && bytes_[at_] >= '0' && bytes_[at_] <= '9' && at_ - begin < 10) ++at_;
    if (at_ == begin) throw unexpected(what);
    return *parse_int(bytes_.substr(begin, at_ - begin));
  }
  /// 0 or 1; they may stand together.
  bool bit() {
    skip();
    if (at_ == bytes_.size() || (bytes_[at_] != '0' && bytes_[at_] != '1')) throw unexpected("0 or 1");
    return bytes_[at_++] == '1';
  }
  /// One white space ends the header.
  void end_header() {
    if (at_ == bytes_.size() || !is_space(bytes_[at_])) throw unexpected("white space after the header");
    ++at_;
  }
  size_t left() const { return bytes_.size() - at_; }
  const unsigned char* rest() const { return reinterpret_cast<const unsigned char*>(bytes_.data()) + at_; }

  Error unexpected(const char* what) const {
    const std::string found = at_ == bytes_.size() ? "the end of the file" : '"' + printable(bytes_.substr(at_, 8)) + '"';
    return data_error("byte {} of the PNM: expected {}, found {}", at_, what, found).at(place_);
  }

 private:
  void skip() {
    while (at_ < bytes_.size() && (is_space(bytes_[at_]) || bytes_[at_] == '#')) {
      if (bytes_[at_] == '#') {
        at_ = std::min(bytes_.find_first_of("\r\n", at_), bytes_.size());
      } else {
        ++at_;
      }
    }
  }

  std::string_view bytes_;
  const std::string& place_;
  size_t at_ = 2;  // past "P6"
};

class Scale {
 public:
  explicit Scale(int64_t highest) : highest_(double(highest)) {}
  uint8_t operator()(int64_t sample) const { return uint8_t(std::min(255.0, std::nearbyint(double(sample) / highest_ * 255))); }

 private:
  double highest_;
};

void need(const PnmReader& reader, int64_t bytes, const std::string& place) {
  if (int64_t(reader.left()) >= bytes) return;
  throw data_error("the PNM needs {} bytes of samples; {} are left", bytes, reader.left())
      .at(place)
      .hint("the file was cut off or is damaged; download or copy it again");
}

void read_bits(PnmReader& reader, Image& image) {
  const unsigned char* from = reader.rest();
  for (int64_t y = 0; y < image.height; ++y, from += (image.width + 7) / 8) {
    for (int64_t x = 0; x < image.width; ++x) image.row(y)[x] = ((from[x / 8] >> (7 - x % 8)) & 1) != 0 ? 0 : 255;
  }
}

void read_bytes(PnmReader& reader, Image& image, int64_t highest) {
  const unsigned char* from = reader.rest();
  const Scale scale(highest);
  if (highest == 255) {
    std::copy(from, from + image.pixels.size(), image.pixels.data());
  } else if (highest < 256) {
    for (uint8_t& sample : image.pixels) sample = scale(*from++);
  } else {
    for (uint8_t& sample : image.pixels) {
      sample = scale(from[0] << 8 | from[1]);
      from += 2;
    }
  }
}

void read_text(PnmReader& reader, Image& image, int64_t highest) {
  const Scale scale(highest);
  for (uint8_t& sample : image.pixels) {
    const int64_t number = reader.number("a sample");
    if (number > highest) throw reader.unexpected("a sample within the maximum before");
    sample = scale(number);
  }
}

}  // namespace

DecodedImage decode_pnm(std::string_view bytes, const std::string& place, int64_t max_pixels) {
  const char kind = bytes[1];
  PnmReader reader(bytes, place);
  const int64_t width = reader.number("a width"), height = reader.number("a height");
  check_image_size(width, height, max_pixels, place);
  const bool bits = kind == '1' || kind == '4';
  const int64_t highest = bits ? 1 : reader.number("a largest sample");
  if (highest < 1 || highest > 65535) throw reader.unexpected("a largest sample between 1 and 65535 before");
  const int64_t channels = kind == '3' || kind == '6' ? 3 : 1, samples = width * height * channels;
  reader.end_header();
  const bool text = kind <= '3';
  // Text has a byte for each sample at least; so memory is only taken for what the file can hold.
  need(reader,
       kind == '4'     ? (width + 7) / 8 * height
       : text && !bits ? 2 * samples - 1
                       : samples * (highest > 255 ? 2 : 1),
       place);
  DecodedImage out{Image(width, height, channels), ""};
  if (kind == '4') {
    read_bits(reader, out.image);
  } else if (kind == '1') {
    for (uint8_t& sample : out.image.pixels) sample = reader.bit() ? 0 : 255;
  } else if (text) {
    read_text(reader, out.image, highest);
  } else {
    read_bytes(reader, out.image, highest);
  }
  return out;
}

std::string encode_pnm(const Image& image) {
  std::string out = fmt::format("P{} {} {} 255\n", image.channels == 1 ? 5 : 6, image.width, image.height);
  out.append(reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size());
  return out;
}

}  // namespace espalier
