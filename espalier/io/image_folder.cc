#include <algorithm>
#include <array>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/image_set.h"

namespace espalier {
namespace {

constexpr std::array<std::string_view, 8> kSuffixes{".jpg", ".jpeg", ".jpe", ".png", ".ppm", ".pgm", ".pbm", ".pnm"};

bool hidden(const fs::path& path) { return path.filename().string().starts_with("."); }

class ImageFolder final : public ImageSet {
 public:
  explicit ImageFolder(const fs::path& folder) {
    if (!fs::is_directory(folder)) throw data_error("there is no such folder").at(folder.string());
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_directory() && !hidden(entry.path())) folders.push_back(entry.path());
    }
    if (folders.empty()) {
      throw data_error("the folder holds no folders; expected one for each class, with pictures in it").at(folder.string());
    }
    std::sort(folders.begin(), folders.end());
    Problems problems;
    for (const fs::path& one : folders) add_class(one, problems);
    problems.raise(ErrorKind::data, "there are classes without a picture");
  }
  Image image(int64_t index) const override { return read_image(paths_[size_t(index)]); }
  std::string place(int64_t index) const override { return paths_[size_t(index)].string(); }

 private:
  void add_class(const fs::path& folder, Problems& problems) {
    const size_t before = paths_.size();
    for (auto at = fs::recursive_directory_iterator(folder); at != fs::recursive_directory_iterator(); ++at) {
      if (hidden(at->path())) {
        at.disable_recursion_pending();
      } else if (at->is_regular_file()) {
        const std::string suffix = lower_ascii(at->path().extension().string());
        if (std::find(kSuffixes.begin(), kSuffixes.end(), suffix) != kSuffixes.end()) {
          paths_.push_back(at->path());
        } else {
          ++skipped_;
        }
      }
    }
    if (paths_.size() == before) problems.add(folder.string(), "the class has no picture");
    std::sort(paths_.begin() + int64_t(before), paths_.end());
    labels_.resize(paths_.size(), int64_t(classes_.size()));
    classes_.push_back(folder.filename().string());
  }
  std::vector<fs::path> paths_;
};

}  // namespace

std::unique_ptr<ImageSet> open_image_folder(const fs::path& folder) { return std::make_unique<ImageFolder>(folder); }

}  // namespace espalier
