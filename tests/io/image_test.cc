#include "espalier/io/image.h"

#include "tests/io/picture_oracle.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_equal;
using support::expect_error;
using support::kPictures;
using support::PictureOracle;
using support::TemporaryFolder;

TEST(Image, EveryKindOfFileIsWhatPillowReads) {
  const PictureOracle oracle;
  const auto names = oracle.names("decoded.");
  EXPECT_EQ(names.size(), 21U);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const std::string file = name.substr(name.find('.') + 1);
    // JPEG: another version of libjpeg-turbo may round otherwise
    expect_equal(to_rgb(read_image(kPictures / file)), oracle.image(name), file.ends_with("jpg") ? 1 : 0);
  }
}

TEST(Image, GreyFilesHaveOneChannel) {
  for (const char* name : {"grey.png", "bits.png", "grey_alpha.png", "grey.jpg", "text.pgm", "bits.pbm"}) {
    EXPECT_EQ(read_image(kPictures / name).channels, 1) << name;
  }
  EXPECT_EQ(read_image(kPictures / "palette.png").channels, 3);
  expect_equal(to_grey(read_image(kPictures / "rgb.png")), PictureOracle().image("grey"));
}

TEST(Image, OrientationIsAppliedUnlessAskedNot) {
  const PictureOracle oracle;
  for (const char* name : {"turned.png", "turned.jpg"}) {
    const Image lying = read_image(kPictures / name, {.upright = false});
    EXPECT_EQ(lying.width, 13);
    expect_equal(lying, oracle.image(std::string("lying.") + name), 1);
    EXPECT_EQ(read_image(kPictures / name).width, 11);
  }
}

TEST(Image, ContentDecidesAndNotTheName) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("really.png", read_file(kPictures / "rgb.jpg"));
  EXPECT_EQ(read_image(path), read_image(kPictures / "rgb.jpg"));
  EXPECT_EQ(image_format(read_file(path)), "JPEG");
}

TEST(Image, OtherFormatsAreNamed) {
  expect_error(ErrorKind::data, [] { decode_image("", "a.png"); }, {"a.png", "the file is empty"});
  expect_error(ErrorKind::data, [] { decode_image("<html>", "a.jpg"); }, {"a.jpg", "no picture", "\"<html>\""});
  expect_error(ErrorKind::unsupported, [] { decode_image("GIF89a....", "a.gif"); }, {"a.gif", "GIF", "JPEG, PNG", "convert"});
  expect_error(ErrorKind::unsupported, [] { decode_image("RIFF....WEBPVP8 ", "a"); }, {"WebP"});
  expect_error(ErrorKind::unsupported, [] { decode_image(std::string_view("II*\0....", 8), "a"); }, {"TIFF"});
  EXPECT_EQ(image_format("P7\n"), "");
  EXPECT_EQ(image_format("Pl\n"), "");
}

// Cut off at any byte, a file is refused with its name. Text of PNM may end in spaces.
TEST(Image, FilesCutOffAnywhereAreRefused) {
  for (const char* name :
       {"rgb.jpg", "progressive.jpg", "cmyk.jpg", "rgb.png", "palette.png", "wide.png", "bytes.ppm", "bits.pbm"}) {
    const std::string whole = read_file(kPictures / name);
    for (size_t size = 1; size < whole.size(); ++size) {
      SCOPED_TRACE(std::string(name) + " cut to " + std::to_string(size));
      expect_error(ErrorKind::data, [&] { decode_image(whole.substr(0, size), name); }, {name});
    }
  }
}

TEST(Image, EnormousOnesAreRefusedByTheirHeader) {
  std::string png = read_file(kPictures / "rgb.png");
  png.replace(16, 8, std::string("\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF", 8));  // and the checksum is wrong now
  expect_error(ErrorKind::data, [&] { decode_image(png, "a.png"); }, {"a.png"});
  expect_error(ErrorKind::data, [] { decode_image("P6 100000 100000 255\n", "a"); }, {"100,000 by 100,000", "89,478,485"});
  expect_error(ErrorKind::data, [] { decode_image("P5 9000 9000 255\n", "a"); }, {"needs 81000000 bytes", "0 are left"});
  expect_error(ErrorKind::data, [] { decode_image("P5 9999999999 9999999999 255\n", "a"); }, {"9,999,999,999"});
  for (const char* name : {"rgb.png", "rgb.jpg", "bytes.ppm"}) {
    expect_error(ErrorKind::data, [&] { read_image(kPictures / name, {.max_pixels = 1}); }, {name, "at most 1 are read"});
  }
}

TEST(Image, BrokenPnm) {
  const auto broken = [](const char* bytes, std::initializer_list<std::string_view> pieces) {
    expect_error(
        ErrorKind::data, [&] { decode_image(bytes, "a.ppm"); }, pieces);
  };
  broken("P5 x", {"a.ppm", "byte 3", "a width", "\"x\""});
  broken("P5 4", {"a height", "the end of the file"});
  broken("P5 0 4 255\n", {"0 by 4"});
  broken("P5 1 1 0\n1", {"between 1 and 65535"});
  broken("P5 1 1 65536\n1", {"between 1 and 65535"});
  broken("P5 1 1 255", {"white space after the header"});
  broken("P2 2 1 7\n0 9\n", {"within the maximum"});
  broken("P1 2 1\n0 2", {"0 or 1"});
}

TEST(Image, ADamagedByteOfAPngIsFound) {
  std::string png = read_file(kPictures / "rgb.png");
  png[60] = char(png[60] ^ 1);
  expect_error(ErrorKind::data, [&] { decode_image(png, "a.png"); }, {"a.png", "cannot be decoded", "damaged"});
}

TEST(Image, WhatIsWrittenReadsBack) {
  for (const char* name : {"rgb.png", "grey.png"}) {
    const Image image = read_image(kPictures / name);
    EXPECT_EQ(decode_image(encode_png(image), name), image);
    EXPECT_EQ(decode_image(encode_pnm(image), name), image);
  }
}

}  // namespace
}  // namespace espalier
