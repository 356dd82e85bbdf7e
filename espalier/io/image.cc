// What a file is, by its first bytes; grey and colours.
#include "espalier/io/image.h"

#include <array>
#include <utility>

#include "espalier/base/text.h"
#include "espalier/io/image_formats.h"

namespace espalier {
namespace {

struct Signature {
  size_t at;
  std::string_view bytes, name;
};

constexpr std::array<Signature, 11> kSignatures{{{0, "\xFF\xD8\xFF", "JPEG"},
                                                 {0, "\x89PNG\r\n\x1A\n", "PNG"},
                                                 {0, "GIF8", "GIF"},
                                                 {0, "BM", "BMP"},
                                                 {8, "WEBP", "WebP"},
                                                 {0, {"II*\0", 4}, "TIFF"},
                                                 {0, {"MM\0*", 4}, "TIFF"},
                                                 {4, "ftypavif", "AVIF"},
                                                 {4, "ftyphei", "HEIC"},
                                                 {0, "\x1F\x8B", "gzip"},
                                                 {0, "8BPS", "PSD"}}};

}  // namespace

std::string image_format(std::string_view bytes) {
  for (const auto& [at, signature, name] : kSignatures) {
    if (bytes.size() >= at && bytes.substr(at).starts_with(signature)) return std::string(name);
  }
  const bool pnm = bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6';
  return pnm && std::string_view(" \t\r\n#").find(bytes[2]) != std::string_view::npos ? "PNM" : "";
}

void check_image_size(int64_t width, int64_t height, int64_t max_pixels, const std::string& place) {
  if (width < 1 || height < 1) throw data_error("a picture of {} by {} pixels holds nothing", width, height).at(place);
  if (width > max_pixels / height) {
    throw data_error("the picture is said to have {} by {} pixels; at most {} are read", with_commas(width), with_commas(height),
                     with_commas(max_pixels))
        .at(place)
        .hint("make the picture smaller, or remove it if it was made to fill the memory");
  }
}

Image decode_image(std::string_view bytes, const std::string& place, const DecodeOptions& options) {
  const std::string format = image_format(bytes);
  DecodedImage decoded;
  if (format == "JPEG") {
    decoded = decode_jpeg(bytes, place, options.max_pixels);
  } else if (format == "PNG") {
    decoded = decode_png(bytes, place, options.max_pixels);
  } else if (format == "PNM") {
    decoded = decode_pnm(bytes, place, options.max_pixels);
  } else if (bytes.empty()) {
    throw data_error("the file is empty; expected a picture").at(place);
  } else if (format.empty()) {
    throw data_error("no picture: the file begins with \"{}\"; expected JPEG, PNG, PPM, PGM or PBM",
                     printable(bytes.substr(0, 12)))
        .at(place);
  } else {
    throw unsupported_error("pictures in {} are not read; JPEG, PNG, PPM, PGM and PBM are", format)
        .at(place)
        .hint("convert it to PNG, which loses nothing");
  }
  const int orientation = options.upright ? exif_orientation(decoded.exif) : 1;
  return turned_upright(std::move(decoded.image), orientation);
}

Image read_image(const fs::path& path, const DecodeOptions& options) {
  return decode_image(MappedFile(path).text(), path.string(), options);
}

Image to_rgb(Image image) {
  if (image.channels == 3) return image;
  Image out(image.width, image.height, 3);
  uint8_t* to = out.pixels.data();
  for (const uint8_t grey : image.pixels) {
    to[0] = to[1] = to[2] = grey;
    to += 3;
  }
  return out;
}

Image to_grey(Image image) {
  if (image.channels == 1) return image;
  Image out(image.width, image.height, 1);
  const uint8_t* from = image.pixels.data();
  for (uint8_t& grey : out.pixels) {
    grey = uint8_t((from[0] * 19595 + from[1] * 38470 + from[2] * 7471 + 0x8000) >> 16);
    from += 3;
  }
  return out;
}

}  // namespace espalier
