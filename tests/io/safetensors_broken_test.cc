// One hand-made broken file for each sentence of the reader.
#include <gtest/gtest.h>

#include "espalier/io/safetensors.h"
#include "tests/io/raw_safetensors.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;
using support::little_endian;
using support::raw_safetensors;
using support::TemporaryFolder;

std::string open_broken(const std::string& bytes, std::initializer_list<std::string_view> pieces) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("broken.safetensors", bytes);
  const std::string text = expect_error(
      ErrorKind::data, [&] { Safetensors file(path); }, pieces);
  EXPECT_NE(text.find(path.string()), std::string::npos) << text;
  return text;
}

std::string open_header(const std::string& header, size_t data_size, std::initializer_list<std::string_view> pieces) {
  return open_broken(raw_safetensors(header, data_size), pieces);
}

TEST(SafetensorsBroken, MissingAndEmpty) {
  expect_error([] { Safetensors file("no/such/file.safetensors"); }, {"no/such/file.safetensors"});
  open_broken("", {"the file is empty"});
}

TEST(SafetensorsBroken, Length) {
  open_broken("abc", {"has 3 bytes", "8 bytes of header length", "cut off"});
  open_broken(little_endian(100'000'001) + "{}", {"claims 100000001 bytes; at most 100000000"});
  open_broken(little_endian(UINT64_MAX), {"claims 18446744073709551615 bytes"});
  open_broken(little_endian(50) + "{}", {"claims 50 bytes, but only 2 follow", "cut off"});
  open_broken(little_endian(0), {"begins with \"\"; expected \"{\""});
}

TEST(SafetensorsBroken, FilesOfAnotherKind) {
  open_broken("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", {"Git LFS pointer", "git lfs pull"});
  open_broken("PK\x03\x04 zip archive", {"torch.save", "espalier convert FILE OUT"});
  open_broken("<!DOCTYPE html><html>", {"web page"});
}

TEST(SafetensorsBroken, HeaderIsNoObject) {
  open_header("{\"a\": ", 0, {"(header):1:", "not valid JSON"});
  open_header("{\"a\"} ", 0, {"not valid JSON"});
  open_header("{} trailing", 0, {"not valid JSON"});
  open_header("[1, 2]", 0, {"begins with \"[\""});
  open_header("{\"a\":\"\xFF\"}", 0, {"not valid JSON"});
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  open_header(deep, 0, {"nested deeper"});
}

TEST(SafetensorsBroken, Metadata) {
  open_header(R"({"__metadata__":3})", 0, {"__metadata__ is integer 3; expected an object of texts"});
  open_header(R"({"__metadata__":{"format":1}})", 0, {"__metadata__ \"format\" is integer 1; expected text"});
}

TEST(SafetensorsBroken, Entry) {
  open_header(R"({"a":[]})", 0, {"tensor 'a' is a list of 0; expected an object"});
  open_header(R"({"a":{"shape":[],"data_offsets":[0,4]}})", 4, {"tensor 'a' has no dtype"});
  open_header(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4, {"tensor 'a' has no shape"});
  open_header(R"({"a":{"dtype":"F32","shape":[]}})", 4, {"tensor 'a' has no data_offsets"});
  open_header(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"stride":1}})", 4, {"unknown key \"stride\""});
  open_header(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4,
              {"holds the name 'a' twice"});
  open_header(R"({"a":{"dtype":"F32","dtype":"I32","shape":[],"data_offsets":[0,4]}})", 4, {"holds the name 'dtype' twice"});
}

TEST(SafetensorsBroken, DType) {
  open_header(R"({"a":{"dtype":7,"shape":[],"data_offsets":[0,4]}})", 4, {"dtype that is integer 7"});
  open_header(R"({"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}})", 4,
              {"unknown dtype \"F8_E4M3\"; expected one of F64, F32"});
  open_header(R"({"a":{"dtype":"f32","shape":[],"data_offsets":[0,4]}})", 4, {"unknown dtype \"f32\""});
}

TEST(SafetensorsBroken, Shape) {
  open_header(R"({"a":{"dtype":"F32","shape":4,"data_offsets":[0,4]}})", 4, {"a shape that is integer 4"});
  open_header(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, {"negative number -1 in its shape"});
  open_header(R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, {"number 1.0 in its shape; expected whole"});
  open_header(R"({"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}})", 4, {"text \"1\" in its shape"});
  open_header(R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})", 4, {"below 2^63"});
  open_header(R"({"a":{"dtype":"F32","shape":[99999999999999999999999],"data_offsets":[0,4]}})", 4,
              {"in its shape; expected whole"});
  open_header(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", 4, {"more elements than 63 bits"});
  // The product is 2^62, its bytes are not countable; a wrapped product would be 0.
  open_header(R"({"a":{"dtype":"F64","shape":[2147483648,2147483648],"data_offsets":[0,0]}})", 0, {"more elements than 63 bits"});
  open_header(R"({"a":{"dtype":"F64","shape":[9223372036854775807,3,0],"data_offsets":[0,0]}})", 0,
              {"more elements than 63 bits"});
}

TEST(SafetensorsBroken, Offsets) {
  open_header(R"({"a":{"dtype":"F32","shape":[],"data_offsets":4}})", 4, {"data_offsets that are integer 4; expected two"});
  open_header(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0]}})", 4, {"data_offsets that are a list of 1; expected two"});
  open_header(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[-4,0]}})", 4, {"negative number -4 in its data_offsets"});
  open_header(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[4,0]}})", 4, {"begins at byte 4 and ends before it, at 0"});
  open_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4,
              {"ends at byte 8 of the data, but the file holds 4 bytes"});
  open_header(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,9223372036854775807]}})", 4,
              {"ends at byte 9223372036854775807"});
  open_header(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8, {"is given 8 bytes; F32 [3] takes 12"});
}

TEST(SafetensorsBroken, Layout) {
  const std::string a = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  open_header("{" + a + R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12,
              {"tensors 'a' and 'b' overlap: bytes [0, 8) and [4, 12)"});
  open_header("{" + a + R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8, {"tensors 'a' and 'b' overlap"});
  open_header("{" + a + R"(,"b":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}})", 8, {"overlap: bytes [0, 8) and [4, 4)"});
  open_header("{" + a + R"(,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}})", 16,
              {"bytes 8 to 12 belong to no tensor; 'b'"});
  open_header("{" + a + "}", 11, {"3 bytes after the last tensor belong to no tensor"});
  open_header("{}", 1, {"1 bytes after the last tensor"});
}

TEST(SafetensorsBroken, AllProblemsAtOnce) {
  const std::string text =
      open_header(R"({"__metadata__":{"k":null},"a":{"dtype":"X","shape":[-1],"data_offsets":[0,99]},"b":7})", 4,
                  {"__metadata__ \"k\" is null", "tensor 'a' has the unknown dtype", "tensor 'a' has the negative number",
                   "tensor 'a' ends at byte 99", "tensor 'b' is integer 7"});
  EXPECT_EQ(text.find("belong to no tensor"), std::string::npos) << "consequences are not problems of their own: " << text;
}

TEST(SafetensorsBroken, EveryTruncationIsAnError) {
  const std::string whole = raw_safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
  const TemporaryFolder folder;
  for (size_t size = 0; size < whole.size(); ++size) {
    const fs::path path = folder.write("cut.safetensors", std::string_view(whole).substr(0, size));
    EXPECT_THROW(Safetensors file(path), Error) << "cut to " << size << " bytes";
  }
  EXPECT_NO_THROW(Safetensors file(folder.write("whole.safetensors", whole)));
}

TEST(SafetensorsBroken, EveryChangedHeaderByteIsReadOrRefused) {
  const std::string whole = raw_safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
  const TemporaryFolder folder;
  int read = 0;
  for (size_t at = 0; at < whole.size() - 8; ++at) {
    for (const char c : {'\0', '\x7f', '\xff', '"', '9', '-', '{', ']'}) {
      std::string changed = whole;
      changed[at] = c;
      try {
        const Safetensors file(folder.write("changed.safetensors", changed));
        for (const auto& [name, view] : file.tensors())
          EXPECT_EQ(view.bytes.size(), size_t(view.numel() * dtype_size(view.dtype)));
        ++read;
      } catch (const Error&) {
      }
    }
  }
  EXPECT_GT(read, 0) << "another name for the tensor is no error";
}

}  // namespace
}  // namespace espalier
