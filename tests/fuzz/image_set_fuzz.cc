// idx and CIFAR files, plain or compressed. The first part says which: "i" an idx file of pictures, then one of labels; "c" a
// CIFAR file, then the names of its classes.
#include "espalier/io/gzip.h"
#include "espalier/io/image_set.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void check(const ImageSet& set) {
  for (int64_t i = 0; i < std::min<int64_t>(set.size(), 4); ++i) {
    expect(set.label(i) >= -1 && set.label(i) < int64_t(set.classes().size()), "a label is that of a class");
    const Image image = set.image(i);
    expect(int64_t(image.pixels.size()) == image.width * image.height * image.channels, "each pixel has its samples");
    expect(!set.place(i).empty(), "a picture has a place");
  }
}

void read(std::string_view bytes) {
  static const Folder folder;
  const auto all = parts(bytes, 3);
  folder.write("one", all[1]);
  folder.write("two", all[2]);
  if (all[1].starts_with("\x1f\x8b")) gunzip(all[1], "one", 1 << 24);  // more than that is not wanted here
  if (all[0].starts_with("c")) {
    check(*open_cifar({folder.path() / "one"}, all[2].empty() ? fs::path() : folder.path() / "two"));
  } else {
    check(*open_idx(folder.path() / "one", all[2].empty() ? fs::path() : folder.path() / "two"));
  }
}

const AddTarget kTarget("image_set", read);

}  // namespace
}  // namespace espalier::fuzz
