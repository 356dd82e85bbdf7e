// JPEG by libjpeg-turbo: grey, colours, and CMYK in Adobe's inverted convention. libjpeg reports errors by longjmp, so the
// functions that call it hold nothing that has a destructor.
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstring>

// After <cstdio>, and jerror.h after it: they are no headers of their own.
#include <jpeglib.h>

#include <jerror.h>

#include "espalier/io/image_formats.h"

namespace espalier {
namespace {

// A progressive file may ask for any number of passes over a large picture.
constexpr int kMaxScans = 200;

struct Failure {
  jpeg_error_mgr manager;  // first, since libjpeg hands out its address
  jpeg_progress_mgr progress;
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void give_up(j_common_ptr info) {
  auto* failure = reinterpret_cast<Failure*>(info->err);
  info->err->format_message(info, failure->message);
  std::longjmp(failure->back, 1);
}

// Bytes between markers and other oddities are passed over, as by Pillow; an early end is not.
void hear(j_common_ptr info, int level) {
  if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF) give_up(info);
}

void count_scans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans) {
    auto* failure = reinterpret_cast<Failure*>(info->err);
    std::strcpy(failure->message, "it is coded in more than 200 scans");
    std::longjmp(failure->back, 1);
  }
}

class JpegDecoder {
 public:
  JpegDecoder() {
    info_.err = jpeg_std_error(&failure_.manager);
    failure_.manager.error_exit = give_up;
    failure_.manager.emit_message = hear;
    failure_.manager.output_message = [](j_common_ptr) {};
    failure_.message[0] = 0;
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  bool read_header(std::string_view bytes) {
    if (setjmp(failure_.back) != 0) return false;
    jpeg_create_decompress(&info_);
    info_.progress = &failure_.progress;
    failure_.progress.progress_monitor = count_scans;
    jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&info_, TRUE);
    return true;
  }
  /// Into rows of `stride` bytes.
  bool read_rows(uint8_t* out, size_t stride) {
    if (setjmp(failure_.back) != 0) return false;
    info_.out_color_space = info_.num_components == 1 ? JCS_GRAYSCALE : info_.num_components == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = out + size_t{info_.output_scanline} * stride;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }
  std::string exif() const {
    for (jpeg_saved_marker_ptr marker = info_.marker_list; marker != nullptr; marker = marker->next) {
      const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
      if (data.starts_with(std::string_view("Exif\0\0", 6))) return std::string(data.substr(6));
    }
    return "";
  }
  Error error(const std::string& place) const {
    return data_error("the JPEG cannot be decoded: {}", failure_.message)
        .at(place)
        .hint("the file was cut off or is damaged; download or copy it again");
  }
  const jpeg_decompress_struct& info() const { return info_; }

 private:
  jpeg_decompress_struct info_{};
  Failure failure_{};
};

// Pillow's CMYK to RGB, of samples stored inverted: nk - (255 - c) nk / 255, rounded.
Image rgb_of_cmyk(const std::vector<uint8_t>& samples, int64_t width, int64_t height) {
  Image out(width, height, 3);
  uint8_t* to = out.pixels.data();
  for (size_t i = 0; i < samples.size(); i += 4) {
    const int black = samples[i + 3];
    for (size_t c = 0; c < 3; ++c) {
      const int product = (255 - samples[i + c]) * black + 128;
      *to++ = uint8_t(black - (((product >> 8) + product) >> 8));
    }
  }
  return out;
}

}  // namespace

DecodedImage decode_jpeg(std::string_view bytes, const std::string& place, int64_t max_pixels) {
  JpegDecoder decoder;
  if (!decoder.read_header(bytes)) throw decoder.error(place);
  const int64_t width = decoder.info().image_width, height = decoder.info().image_height;
  const int channels = decoder.info().num_components;
  check_image_size(width, height, max_pixels, place);
  if (channels != 1 && channels != 3 && channels != 4) {
    throw unsupported_error("a JPEG of {} components; grey, colours and CMYK are read", channels).at(place);
  }
  DecodedImage out;
  out.exif = decoder.exif();
  if (channels == 4) {
    std::vector<uint8_t> samples(size_t(width) * size_t(height) * 4);
    if (!decoder.read_rows(samples.data(), size_t(width) * 4)) throw decoder.error(place);
    out.image = rgb_of_cmyk(samples, width, height);
  } else {
    out.image = Image(width, height, channels);
    if (!decoder.read_rows(out.image.pixels.data(), size_t(width * channels))) throw decoder.error(place);
  }
  return out;
}

}  // namespace espalier
