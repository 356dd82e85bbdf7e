#include <algorithm>
#include <map>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/image_set.h"
#include "espalier/io/rows.h"

namespace espalier {
namespace {

class ImageTable final : public ImageSet {
 public:
  ImageTable(const std::string& path, const ImageTableOptions& options) {
    RowOptions row_options;
    row_options.format = options.format;
    const auto reader = open_rows(path, row_options);
    const size_t image = reader->column(options.image), label = options.label.empty() ? 0 : reader->column(options.label);
    const fs::path folder = path == "-" ? fs::path() : fs::path(path).parent_path();
    std::vector<std::string> names;
    Problems problems;
    for (Row row; reader->next(row);) {
      const std::string place = reader->place(row.line), &cell = row.cells[image];
      if (cell.empty()) {
        problems.add(place,
                     fmt::format("the cell of column '{}' is empty; expected the path of a picture", printable(options.image)));
      } else if (!fs::is_regular_file(folder / cell)) {
        problems.add(place, fmt::format("there is no file {}", (folder / cell).string()));
      }
      if (!options.label.empty() && row.cells[label].empty()) {
        problems.add(place, fmt::format("the cell of column '{}' is empty; expected a label", printable(options.label)));
      }
      paths_.push_back(folder / cell);
      if (!options.label.empty()) names.push_back(row.cells[label]);
    }
    problems.raise(ErrorKind::data, "the table of pictures has rows that cannot be used");
    labels_.assign(paths_.size(), -1);
    if (!options.label.empty()) number_classes(names);
  }
  Image image(int64_t index) const override { return read_image(paths_[size_t(index)]); }
  std::string place(int64_t index) const override { return paths_[size_t(index)].string(); }

 private:
  void number_classes(const std::vector<std::string>& names) {
    classes_ = names;
    std::sort(classes_.begin(), classes_.end());
    classes_.erase(std::unique(classes_.begin(), classes_.end()), classes_.end());
    if (std::all_of(classes_.begin(), classes_.end(), [](const std::string& name) { return parse_int(name).has_value(); })) {
      std::stable_sort(classes_.begin(), classes_.end(),
                       [](const std::string& a, const std::string& b) { return *parse_int(a) < *parse_int(b); });
    }
    std::map<std::string, int64_t> numbers;
    for (const std::string& name : classes_) numbers.emplace(name, int64_t(numbers.size()));
    for (size_t i = 0; i < names.size(); ++i) labels_[i] = numbers[names[i]];
  }
  std::vector<fs::path> paths_;
};

}  // namespace

std::unique_ptr<ImageSet> open_image_table(const std::string& path, const ImageTableOptions& options) {
  return std::make_unique<ImageTable>(path, options);
}

}  // namespace espalier
