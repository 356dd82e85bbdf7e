// Sets of pictures with labels, each reached by its number: folders by class, MNIST's idx files, CIFAR's binary files, tables of
// paths. What a set says of itself is checked when it is opened; a picture is decoded when it is asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "espalier/io/image.h"

namespace espalier {

class ImageSet {
 public:
  virtual ~ImageSet() = default;
  int64_t size() const { return int64_t(labels_.size()); }
  /// Index into classes(), or -1 where the set has no labels.
  int64_t label(int64_t index) const { return labels_[size_t(index)]; }
  const std::vector<std::string>& classes() const { return classes_; }
  /// May be called by several threads at once. A data Error names the place.
  virtual Image image(int64_t index) const = 0;
  /// "train/cat/7.jpg", or the file and the number of the picture, from 0.
  virtual std::string place(int64_t index) const = 0;
  /// Files that were passed over since their suffix is of no picture that is read.
  int64_t skipped() const { return skipped_; }

 protected:
  std::vector<int64_t> labels_;
  std::vector<std::string> classes_;
  int64_t skipped_ = 0;
};

/// One folder a class, its pictures at any depth; classes and pictures in the order of their names, as torchvision's
/// ImageFolder. Hidden files are left out.
std::unique_ptr<ImageSet> open_image_folder(const fs::path& folder);

/// MNIST's format (http://yann.lecun.com/exdb/mnist): unsigned bytes, [N, H, W] or [N, H, W, 3], and N labels. With no path of
/// labels there are none. Either file may be compressed with gzip.
std::unique_ptr<ImageSet> open_idx(const fs::path& images, const fs::path& labels = {});
/// The file of labels that belongs to "train-images-idx3-ubyte.gz"; empty when there is none beside it.
fs::path idx_labels_beside(const fs::path& images);

/// CIFAR-10's or CIFAR-100's binary version (https://www.cs.toronto.edu/~kriz/cifar.html), recognised by its size; the label of
/// CIFAR-100 is the fine one. Names of classes come from `class_names`, one a line, else from the file beside the first one that
/// the original archives or this format's users put there, else they are numbers.
std::unique_ptr<ImageSet> open_cifar(const std::vector<fs::path>& files, const fs::path& class_names = {});

struct ImageTableOptions {
  std::string image = "image";  ///< column of paths, relative to the table's folder
  std::string label = "label";  ///< empty: no labels
  std::string format = "auto";  ///< as RowOptions
};
/// A table with one picture a row. Classes are the labels that occur, sorted (whole numbers by value).
std::unique_ptr<ImageSet> open_image_table(const std::string& path, const ImageTableOptions& options = {});

}  // namespace espalier
