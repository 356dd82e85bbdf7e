// PNG by libpng: any depth, palettes, interlacing; alpha is dropped and 16 bits give their upper 8. libpng reports errors by
// longjmp, so the functions that call it hold nothing that has a destructor.
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "espalier/io/image_formats.h"

namespace espalier {
namespace {

struct Source {
  std::string_view bytes;
  size_t at = 0;
};

void take(png_structp png, png_bytep out, size_t size) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (size > source->bytes.size() - source->at) png_error(png, "the file ends too early");
  std::memcpy(out, source->bytes.data() + source->at, size);
  source->at += size;
}

struct Failure {
  char message[200] = "";
};

[[noreturn]] void give_up(png_structp png, png_const_charp message) {
  auto* failure = static_cast<Failure*>(png_get_error_ptr(png));
  std::strncpy(failure->message, message, sizeof failure->message - 1);
  png_longjmp(png, 1);
}

void pass_over(png_structp, png_const_charp) {}

class PngDecoder {
 public:
  explicit PngDecoder(std::string_view bytes) : source_{bytes} {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure_, give_up, pass_over);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
  }
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  bool read_header() {
    if (info_ == nullptr || setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_read_fn(png_, &source_, take);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // its own are below ours; the product is checked
    // Texts, colour profiles and EXIF may be made to fill the memory: libpng takes what a chunk is said to need.
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_read_info(png_, info_);
    return true;
  }
  int64_t width() const { return png_get_image_width(png_, info_); }
  int64_t height() const { return png_get_image_height(png_, info_); }
  int64_t channels() const { return (png_get_color_type(png_, info_) & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1; }

  bool read_rows(Image& image) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    if (png_get_color_type(png_, info_) == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
    if (channels() == 1) png_set_expand_gray_1_2_4_to_8(png_);
    png_set_strip_16(png_);
    png_set_strip_alpha(png_);
    const int passes = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    if (png_get_rowbytes(png_, info_) != size_t(image.width * image.channels)) png_error(png_, "its rows have another length");
    for (int pass = 0; pass < passes; ++pass) {
      for (int64_t y = 0; y < image.height; ++y) png_read_row(png_, image.row(y), nullptr);
    }
    png_read_end(png_, info_);
    return true;
  }
  Error error(const std::string& place) const {
    return data_error("the PNG cannot be decoded: {}", failure_.message)
        .at(place)
        .hint("the file was cut off or is damaged; download or copy it again");
  }

 private:
  Source source_;
  Failure failure_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

/// The chunk eXIf, which may stand anywhere; empty without one.
std::string_view exif_of(std::string_view bytes) {
  for (size_t at = 8; at + 12 <= bytes.size();) {
    size_t size = 0;
    for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(bytes[at + i]);
    if (size > bytes.size() - at - 12) break;
    if (bytes.substr(at + 4, 4) == "eXIf") return bytes.substr(at + 8, size);
    at += 12 + size;
  }
  return "";
}

}  // namespace

DecodedImage decode_png(std::string_view bytes, const std::string& place, int64_t max_pixels) {
  PngDecoder decoder(bytes);
  if (!decoder.read_header()) throw decoder.error(place);
  check_image_size(decoder.width(), decoder.height(), max_pixels, place);
  DecodedImage out{Image(decoder.width(), decoder.height(), decoder.channels()), ""};
  if (!decoder.read_rows(out.image)) throw decoder.error(place);
  out.exif = exif_of(bytes);
  return out;
}

std::string encode_png(const Image& image) {
  png_image about{};
  about.version = PNG_IMAGE_VERSION;
  about.width = png_uint_32(image.width);
  about.height = png_uint_32(image.height);
  about.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  std::string out;
  if (png_image_write_get_memory_size(about, size, 0, image.pixels.data(), 0, nullptr)) {
    out.resize(size);
    if (png_image_write_to_memory(&about, out.data(), &size, 0, image.pixels.data(), 0, nullptr) != 0) {
      out.resize(size);
      return out;
    }
  }
  throw data_error("a picture of {} by {} pixels cannot be written as PNG: {}", image.width, image.height, about.message);
}

}  // namespace espalier
