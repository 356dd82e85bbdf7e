#include <algorithm>
#include <cstring>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/gzip.h"
#include "espalier/io/image_formats.h"
#include "espalier/io/image_set.h"

namespace espalier {
namespace {

/// Two zero bytes, the type (8: unsigned bytes), the number of dimensions, each of them in 32 bits with the high byte first.
class IdxFile {
 public:
  IdxFile(const fs::path& path, const char* what) : file_(path) {
    const std::string_view bytes = file_.bytes();
    const auto broken = [&](uint64_t byte, const std::string& message) {
      return data_error("byte {}: {}", byte, message).at(place()).hint(fmt::format("expected an idx file of {}", what));
    };
    if (bytes.size() < 4 || bytes[0] != 0 || bytes[1] != 0) throw broken(0, "no idx file: it does not begin with two zero bytes");
    if (bytes[2] != 8) throw broken(2, fmt::format("the type is {}; expected 8, unsigned bytes", uint8_t(bytes[2])));
    const size_t dimensions = uint8_t(bytes[3]);
    if (dimensions < 1 || dimensions > 4) throw broken(3, fmt::format("{} dimensions; expected 1, 3 or 4", dimensions));
    begin_ = 4 + 4 * dimensions;
    if (bytes.size() < begin_) throw broken(bytes.size(), "the file ends within its sizes");
    uint64_t elements = 1;
    for (size_t i = 4; i < begin_; i += 4) {
      uint64_t side = 0;
      for (size_t j = i; j < i + 4; ++j) side = side << 8 | uint8_t(bytes[j]);
      shape_.push_back(int64_t(side));
      elements = side != 0 && elements > (uint64_t{1} << 62) / side ? uint64_t{1} << 62 : elements * side;
    }
    if (bytes.size() - begin_ != elements) {
      throw broken(begin_,
                   fmt::format("sizes {} ask for {} bytes; {} follow", shape_text(shape_), elements, bytes.size() - begin_));
    }
  }
  std::string place() const { return file_.path().string(); }
  const std::vector<int64_t>& shape() const { return shape_; }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(file_.bytes().data()) + begin_; }

 private:
  PlainFile file_;
  size_t begin_ = 0;
  std::vector<int64_t> shape_;
};

class IdxSet final : public ImageSet {
 public:
  IdxSet(const fs::path& images, const fs::path& labels) : images_(images, "pictures") {
    const auto& shape = images_.shape();
    if (shape.size() < 3 || (shape.size() == 4 && shape[3] != 1 && shape[3] != 3)) {
      throw data_error("sizes are {}; expected [N, height, width], [N, height, width, 1] or [N, height, width, 3]",
                       shape_text(shape))
          .at(images.string());
    }
    check_image_size(shape[2], shape[1], kMaxPixels, images.string());
    labels_.assign(size_t(shape[0]), -1);
    if (labels.empty()) return;
    const IdxFile numbers(labels, "labels");
    if (numbers.shape() != std::vector<int64_t>{shape[0]}) {
      throw data_error("sizes are {}; expected [{}], a label for each picture of {}", shape_text(numbers.shape()), shape[0],
                       images.string())
          .at(labels.string());
    }
    std::copy_n(numbers.data(), labels_.size(), labels_.begin());
    const auto highest = std::max_element(labels_.begin(), labels_.end());
    for (int64_t i = 0; highest != labels_.end() && i <= *highest; ++i) classes_.push_back(std::to_string(i));
  }
  Image image(int64_t index) const override {
    const auto& shape = images_.shape();
    Image out(shape[2], shape[1], shape.size() == 4 ? shape[3] : 1);
    std::memcpy(out.pixels.data(), images_.data() + size_t(index) * out.pixels.size(), out.pixels.size());
    return out;
  }
  std::string place(int64_t index) const override { return fmt::format("{}: picture {}", images_.place(), index); }

 private:
  IdxFile images_;
};

}  // namespace

std::unique_ptr<ImageSet> open_idx(const fs::path& images, const fs::path& labels) {
  return std::make_unique<IdxSet>(images, labels);
}

fs::path idx_labels_beside(const fs::path& images) {
  std::string name = images.filename().string();
  const size_t at = name.find("images");
  if (at == std::string::npos) return {};
  name.replace(at, 6, "labels");
  for (const char* dimensions : {"idx3", "idx4"}) name = replace_all(name, dimensions, "idx1");
  const std::string plain = name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name;
  for (const std::string& one : {name, plain, plain + ".gz"}) {
    if (fs::exists(images.parent_path() / one)) return images.parent_path() / one;
  }
  return {};
}

}  // namespace espalier
