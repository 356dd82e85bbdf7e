#include <algorithm>
#include <optional>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/gzip.h"
#include "espalier/io/image_set.h"
#include "espalier/io/line_reader.h"

namespace espalier {
namespace {

constexpr int64_t kSide = 32, kPlane = kSide * kSide;

/// A record is its labels, then the red, the green and the blue plane.
struct Form {
  const char* name;
  int64_t labels;      // the last one counts
  uint8_t highest[2];  // of each label
  int64_t classes;
  int64_t record() const { return labels + 3 * kPlane; }
};

constexpr Form kForms[] = {{"CIFAR-10", 1, {9, 0}, 10}, {"CIFAR-100", 2, {19, 99}, 100}};

// The first byte that is no label of the form.
std::optional<int64_t> wrong_byte(std::string_view bytes, const Form& form) {
  for (int64_t at = 0; at < int64_t(bytes.size()); at += form.record()) {
    for (int64_t i = 0; i < form.labels; ++i) {
      if (uint8_t(bytes[size_t(at + i)]) > form.highest[i]) return at + i;
    }
  }
  return std::nullopt;
}

const Form& form_of(const PlainFile& file) {
  const std::string_view bytes = file.bytes();
  const Form* sized = nullptr;
  for (const Form& form : kForms) {
    if (bytes.empty() || int64_t(bytes.size()) % form.record() != 0) continue;
    if (!wrong_byte(bytes, form)) return form;
    sized = &form;
  }
  if (sized == nullptr) {
    throw data_error("{} bytes; expected a multiple of {} (CIFAR-10, a label and 32x32x3 bytes) or {} (CIFAR-100, two labels)",
                     bytes.size(), kForms[0].record(), kForms[1].record())
        .at(file.path().string());
  }
  const int64_t at = *wrong_byte(bytes, *sized);
  throw data_error("byte {}: the label of picture {} is {}; {} has labels up to {}", at, at / sized->record(),
                   uint8_t(bytes[size_t(at)]), sized->name, sized->highest[at % sized->record()])
      .at(file.path().string());
}

class CifarSet final : public ImageSet {
 public:
  CifarSet(const std::vector<fs::path>& paths, const fs::path& class_names) {
    if (paths.empty()) throw usage_error("a CIFAR set of no file was asked for");
    for (const fs::path& path : paths) {
      const PlainFile& file = *files_.emplace_back(std::make_unique<PlainFile>(path));
      const Form& form = form_of(file);
      if (form_ != nullptr && form_ != &form) {
        throw data_error("the file is of {}, and {} of {}", form.name, paths[0].string(), form_->name).at(path.string());
      }
      form_ = &form;
      begins_.push_back(size());
      const std::string_view bytes = file.bytes();
      for (int64_t at = form.labels - 1; at < int64_t(bytes.size()); at += form.record()) {
        labels_.push_back(uint8_t(bytes[size_t(at)]));
      }
    }
    name_classes(paths[0].parent_path(), class_names);
  }
  Image image(int64_t index) const override {
    const auto [file, within] = find(index);
    const char* from = files_[file]->bytes().data() + within * form_->record() + form_->labels;
    Image out(kSide, kSide, 3);
    uint8_t* to = out.pixels.data();
    for (int64_t i = 0; i < kPlane; ++i) {
      for (int64_t c = 0; c < 3; ++c) *to++ = uint8_t(from[c * kPlane + i]);
    }
    return out;
  }
  std::string place(int64_t index) const override {
    const auto [file, within] = find(index);
    return fmt::format("{}: picture {}", files_[file]->path().string(), within);
  }

 private:
  std::pair<size_t, int64_t> find(int64_t index) const {
    const size_t file = size_t(std::upper_bound(begins_.begin(), begins_.end(), index) - begins_.begin()) - 1;
    return {file, index - begins_[file]};
  }
  void name_classes(const fs::path& beside, fs::path names) {
    for (const char* name : {"classes.txt", "batches.meta.txt", "fine_label_names.txt"}) {
      if (names.empty() && fs::exists(beside / name)) names = beside / name;
    }
    if (names.empty()) {
      for (int64_t i = 0; i < form_->classes; ++i) classes_.push_back(std::to_string(i));
      return;
    }
    LineReader reader(names.string());
    for (std::string line; reader.next(line);) {
      if (!trim(line).empty()) classes_.emplace_back(trim(line));
    }
    if (int64_t(classes_.size()) != form_->classes) {
      throw data_error("{} names of classes; {} has {}", classes_.size(), form_->name, form_->classes).at(names.string());
    }
  }

  std::vector<std::unique_ptr<PlainFile>> files_;
  std::vector<int64_t> begins_;  // number of each file's first picture
  const Form* form_ = nullptr;
};

}  // namespace

std::unique_ptr<ImageSet> open_cifar(const std::vector<fs::path>& files, const fs::path& class_names) {
  return std::make_unique<CifarSet>(files, class_names);
}

}  // namespace espalier
