// The files of tests/oracle/pictures and what Pillow and `transformers` make of them.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "espalier/io/image.h"
#include "espalier/io/safetensors.h"

namespace espalier::support {

inline const fs::path kPictures = fs::path(ESPALIER_TESTS_DIR) / "oracle/pictures";

class PictureOracle {
 public:
  /// All names that begin so.
  std::vector<std::string> names(std::string_view prefix) const {
    std::vector<std::string> out;
    for (const std::string& name : file_.names()) {
      if (name.starts_with(prefix)) out.push_back(name);
    }
    return out;
  }
  Image image(const std::string& name) const {
    const TensorView& view = file_.at(name);
    Image out(view.shape[1], view.shape[0], view.shape.size() == 3 ? view.shape[2] : 1);
    std::memcpy(out.pixels.data(), view.bytes.data(), view.bytes.size());
    return out;
  }
  std::vector<float> numbers(const std::string& name) const {
    const TensorView& view = file_.at(name);
    std::vector<float> out(size_t(view.numel()));
    std::memcpy(out.data(), view.bytes.data(), view.bytes.size());
    return out;
  }

 private:
  Safetensors file_{kPictures / "pictures.safetensors"};
};

/// Of one size and kind, and no sample further apart than `tolerance`.
inline void expect_equal(const Image& found, const Image& expected, int tolerance = 0) {
  ASSERT_EQ(found.width, expected.width);
  ASSERT_EQ(found.height, expected.height);
  ASSERT_EQ(found.channels, expected.channels);
  for (size_t i = 0; i < expected.pixels.size(); ++i) {
    ASSERT_LE(std::abs(int(found.pixels[i]) - int(expected.pixels[i])), tolerance) << "sample " << i;
  }
}

}  // namespace espalier::support
