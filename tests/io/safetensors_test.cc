// Reading and writing whole files: against files of the reference library, byte for byte where we write.
#include "espalier/io/safetensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "tests/io/raw_safetensors.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;
using support::TemporaryFolder;

const fs::path kOracle = fs::path(ESPALIER_TESTS_DIR) / "oracle/safetensors";

template <class T>
T read_as(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

// Normal numbers and zero only; what the oracle's files hold.
double from_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const double size = exponent == 0 ? 0 : std::ldexp(1024 + (bits & 1023), exponent - 25);
  return bits >> 15 ? -size : size;
}

double element(const TensorView& view, int64_t i) {
  const std::byte* at = view.bytes.data() + i * dtype_size(view.dtype);
  switch (view.dtype) {
    case DType::f64:
      return read_as<double>(at);
    case DType::f32:
      return read_as<float>(at);
    case DType::f16:
      return from_half(read_as<uint16_t>(at));
    case DType::bf16: {
      const uint32_t bits = uint32_t{read_as<uint16_t>(at)} << 16;
      return read_as<float>(reinterpret_cast<const std::byte*>(&bits));
    }
    case DType::i64:
      return static_cast<double>(read_as<int64_t>(at));
    case DType::i32:
      return read_as<int32_t>(at);
    case DType::i16:
      return read_as<int16_t>(at);
    case DType::i8:
      return read_as<int8_t>(at);
    default:
      return read_as<uint8_t>(at);
  }
}

std::vector<NamedTensor> as_named(const TensorMap& tensors) {
  std::vector<NamedTensor> named;
  for (const auto& [name, view] : tensors) named.push_back({name, view.dtype, view.shape, view.bytes});
  return named;
}

class ReferenceFile : public testing::TestWithParam<const char*> {};

TEST_P(ReferenceFile, IsReadAsItWasWritten) {
  const nlohmann::json sidecar = read_json(kOracle / (std::string(GetParam()) + ".json"));
  const Safetensors file(kOracle / (std::string(GetParam()) + ".safetensors"));
  EXPECT_EQ(file.tensors().size(), sidecar["tensors"].size());
  EXPECT_EQ(nlohmann::json(file.metadata()), sidecar["metadata"]);
  for (const auto& item : sidecar["tensors"].items()) {
    const TensorView& view = file.at(item.key());
    EXPECT_EQ(dtype_name(view.dtype), item.value()["dtype"].get<std::string>());
    EXPECT_EQ(view.shape, item.value()["shape"].get<std::vector<int64_t>>());
    const auto values = item.value()["values"].get<std::vector<double>>();
    ASSERT_EQ(view.numel(), static_cast<int64_t>(values.size())) << item.key();
    for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(element(view, i), values[i]) << item.key() << " element " << i;
  }
}

TEST_P(ReferenceFile, IsWrittenTheSameByteForByte) {
  const fs::path path = kOracle / (std::string(GetParam()) + ".safetensors");
  const Safetensors file(path);
  const TemporaryFolder folder;
  write_safetensors(folder / "x", as_named(file.tensors()), file.metadata());
  EXPECT_EQ(read_file(folder / "x"), read_file(path));
}

INSTANTIATE_TEST_SUITE_P(Oracle, ReferenceFile, testing::Values("every_dtype", "odd_shapes", "none"));

TEST(Safetensors, ViewsOutliveTheReader) {
  const TemporaryFolder folder;
  const fs::path path =
      folder.write("x", support::raw_safetensors(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})", 3));
  TensorView view;
  {
    const Safetensors file(path);
    view = file.at("a");
  }
  fs::remove(path);
  EXPECT_EQ(element(view, 0), 0);
  EXPECT_EQ(element(view, 2), 2);
}

TEST(Safetensors, FindsByName) {
  const Safetensors file(kOracle / "every_dtype.safetensors");
  EXPECT_EQ(file.names().size(), all_dtypes().size());
  EXPECT_EQ(file.names().front(), "bf16.weight");
  EXPECT_EQ(file.find("nothing"), nullptr);
  expect_error(ErrorKind::data, [&] { file.at("f32.weigth"); },
               {"every_dtype.safetensors", "no tensor 'f32.weigth' among 10", "f32.weight"});
}

TEST(SafetensorsWriter, RefusesWhatItWasGivenWrong) {
  const TemporaryFolder folder;
  const std::vector<std::byte> bytes(8);
  const NamedTensor good{"a", DType::f32, {2}, bytes}, reserved{"__metadata__", DType::f32, {2}, bytes},
      wide{"b", DType::f64, {2}, bytes};
  expect_error(
      ErrorKind::bug,
      [&] {
        write_safetensors(folder / "x", {good, good, reserved, wide});
      },
      {"two tensors are named 'a'", "'__metadata__', which the format reserves", "tensor 'b', F64 [2], comes with 8 bytes"});
  EXPECT_EQ(folder.listing(), "");
}

TEST(SafetensorsWriter, AFailedWriteLeavesNothing) {
  const TemporaryFolder folder;
  folder.write("file", "in the way");
  const std::vector<std::byte> bytes(8);
  expect_error([&] { write_safetensors(folder / "file/model.safetensors", {{"a", DType::f32, {2}, bytes}}); }, {"file"});
  EXPECT_EQ(folder.listing(), "file");
}

TEST(DTypes, NamesGoBothWays) {
  for (const DType dtype : all_dtypes()) EXPECT_EQ(dtype_named(dtype_name(dtype)), dtype);
  EXPECT_EQ(dtype_named("F8_E5M2"), std::nullopt);
  EXPECT_EQ(dtype_size(DType::bf16), 2);
}

}  // namespace
}  // namespace espalier
