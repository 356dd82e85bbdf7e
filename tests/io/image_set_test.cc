#include "espalier/io/image_set.h"

#include <zlib.h>

#include "espalier/io/gzip.h"
#include "tests/io/picture_oracle.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;
using support::kPictures;
using support::TemporaryFolder;
using Names = std::vector<std::string>;

std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(compressBound(uLong(bytes.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = uInt(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = uInt(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string idx(std::vector<uint32_t> shape, const std::string& data) {
  std::string out{0, 0, 8, char(shape.size())};
  for (const uint32_t side : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) out += char(side >> shift);
  }
  return out + data;
}

TEST(Gzip, MembersFollowEachOther) {
  const std::string first(1 << 20, 'a'), second = "bc";
  const std::string file = gzipped(first) + gzipped(second);
  EXPECT_EQ(gunzip(file, "a.gz"), first + second);
  EXPECT_EQ(gunzip(file + std::string(7, '\0'), "a.gz"), first + second);  // as tapes are filled up
  EXPECT_EQ(gunzip(gzipped(""), "a.gz"), "");
}

TEST(Gzip, Broken) {
  const std::string file = gzipped("some text that is long enough");
  for (size_t size = 0; size < file.size(); ++size) {
    expect_error(ErrorKind::data, [&] { gunzip(file.substr(0, size), "a.gz"); }, {"a.gz", "ends too early"});
  }
  expect_error(ErrorKind::data, [&] { gunzip(file + "more", "a.gz"); }, {"a.gz", "something else follows"});
  expect_error(ErrorKind::data, [&] { gunzip(gzipped(std::string(1000, 'a')), "a.gz", 999); }, {"holds more than 999"});
  std::string damaged = file;
  damaged[file.size() - 6] = char(damaged[file.size() - 6] ^ 1);  // the checksum
  expect_error(ErrorKind::data, [&] { gunzip(damaged, "a.gz"); }, {"a.gz", "byte", "check"});
}

TEST(ImageSet, AFolderForEachClass) {
  const TemporaryFolder folder;
  const std::string png = read_file(kPictures / "rgb.png");
  for (const char* name :
       {"train/dog/2.png", "train/cat/b.JPG", "train/cat/a.png", "train/cat/deep/c.pgm", "train/cat/.hidden.png"}) {
    folder.write(name, png);
  }
  folder.write("train/cat/notes.txt", "no picture");
  folder.write("train/.git/a.png", png);
  folder.write("train/readme.md", "");
  const auto set = open_image_folder(folder / "train");
  EXPECT_EQ(set->classes(), (Names{"cat", "dog"}));
  ASSERT_EQ(set->size(), 4);
  EXPECT_EQ(set->skipped(), 1);
  Names places;
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < set->size(); ++i) {
    places.push_back(fs::relative(set->place(i), folder.path()).string());
    labels.push_back(set->label(i));
    EXPECT_EQ(set->image(i), read_image(kPictures / "rgb.png"));
  }
  EXPECT_EQ(places, (Names{"train/cat/a.png", "train/cat/b.JPG", "train/cat/deep/c.pgm", "train/dog/2.png"}));
  EXPECT_EQ(labels, (std::vector<int64_t>{0, 0, 0, 1}));

  folder.write("train/empty/notes.txt", "");
  folder.write("train/void/notes.txt", "");
  expect_error(ErrorKind::data, [&] { open_image_folder(folder / "train"); }, {"train/empty", "train/void", "has no picture"});
  expect_error(ErrorKind::data, [&] { open_image_folder(folder / "train/dog"); }, {"train/dog", "holds no folders"});
  expect_error(ErrorKind::data, [&] { open_image_folder(folder / "absent"); }, {"absent", "no such folder"});
  folder.write("train/empty/broken.png", "no picture");
  folder.write("train/void/a.png", png);
  const auto broken = open_image_folder(folder / "train");
  expect_error(ErrorKind::data, [&] { broken->image(4); }, {"empty/broken.png", "no picture"});
}

TEST(ImageSet, Idx) {
  const TemporaryFolder folder;
  const fs::path grey = folder.write("train-images-idx3-ubyte", idx({2, 2, 3}, "abcdefghijkl"));
  const fs::path labels = folder.write("train-labels-idx1-ubyte.gz", gzipped(idx({2}, "\x02\x01")));
  EXPECT_EQ(idx_labels_beside(grey), labels);
  const auto set = open_idx(grey, labels);
  EXPECT_EQ(set->classes(), (Names{"0", "1", "2"}));
  ASSERT_EQ(set->size(), 2);
  EXPECT_EQ(set->label(0), 2);
  EXPECT_EQ(set->label(1), 1);
  const Image image = set->image(1);
  EXPECT_EQ(image.width, 3);
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.pixels, (std::vector<uint8_t>{'g', 'h', 'i', 'j', 'k', 'l'}));
  EXPECT_NE(set->place(1).find("idx3-ubyte: picture 1"), std::string::npos);

  const auto colours = open_idx(folder.write("c.gz", gzipped(idx({1, 1, 2, 3}, "abcdef"))));
  EXPECT_EQ(colours->image(0).channels, 3);
  EXPECT_EQ(colours->label(0), -1);
  EXPECT_TRUE(colours->classes().empty());
  EXPECT_TRUE(idx_labels_beside(folder / "c.gz").empty());
}

TEST(ImageSet, BrokenIdx) {
  const TemporaryFolder folder;
  const auto broken = [&](const std::string& bytes, std::initializer_list<std::string_view> pieces) {
    expect_error(
        ErrorKind::data, [&] { open_idx(folder.write("images", bytes)); }, pieces);
  };
  broken("", {"images", "byte 0", "two zero bytes"});
  broken("PK\3\4", {"byte 0"});
  broken(std::string("\0\0\x0D\3", 4), {"byte 2", "the type is 13"});
  broken(std::string("\0\0\x08\7", 4), {"byte 3", "7 dimensions"});
  broken(std::string("\0\0\x08\3\0\0", 6), {"byte 6", "within its sizes"});
  broken(idx({2, 2, 3}, "abc"), {"byte 16", "[2, 2, 3] ask for 12 bytes; 3 follow"});
  broken(idx({1, 1, 1}, "ab"), {"ask for 1 bytes; 2 follow"});
  broken(idx({4294967295U, 4294967295U, 4294967295U}, "a"), {"1 follow"});
  broken(idx({2}, "ab"), {"sizes are [2]; expected [N, height, width]"});
  broken(idx({1, 1, 1, 2}, "ab"), {"[1, 1, 1, 2]"});
  broken(idx({5, 0, 3}, ""), {"holds nothing"});
  const fs::path images = folder.write("images", idx({1, 1, 1}, "a"));
  expect_error(ErrorKind::data, [&] { open_idx(images, folder.write("labels", idx({2}, "ab"))); },
               {"labels", "sizes are [2]; expected [1]"});
  expect_error(ErrorKind::data, [&] { open_idx(images, folder / "absent"); }, {"absent"});
}

// A record of each form whose planes hold their number and the place.
std::string cifar(const std::string& labels) {
  std::string out = labels;
  for (int i = 0; i < 3 * 1024; ++i) out += char(i / 1024 * 80 + i % 32);
  return out;
}

TEST(ImageSet, Cifar) {
  const TemporaryFolder folder;
  const fs::path one = folder.write("a.bin", cifar("\7") + cifar("\2")), two = folder.write("b.bin.gz", gzipped(cifar("\5")));
  const auto set = open_cifar({one, two});
  ASSERT_EQ(set->size(), 3);
  EXPECT_EQ(set->classes().size(), 10U);
  EXPECT_EQ(set->classes()[3], "3");
  EXPECT_EQ(set->label(0), 7);
  EXPECT_EQ(set->label(2), 5);
  EXPECT_NE(set->place(2).find("b.bin.gz: picture 0"), std::string::npos);
  const Image image = set->image(2);
  EXPECT_EQ(image.width, 32);
  EXPECT_EQ(image.row(31)[3 * 5], 5);
  EXPECT_EQ(image.row(31)[3 * 5 + 1], 85);
  EXPECT_EQ(image.row(31)[3 * 5 + 2], 165);

  const auto hundred = open_cifar({folder.write("c.bin", cifar("\x13\x63"))});
  EXPECT_EQ(hundred->label(0), 99);
  EXPECT_EQ(hundred->classes().size(), 100U);
  EXPECT_EQ(hundred->image(0).pixels, image.pixels);
  expect_error(ErrorKind::data, [&] { open_cifar({one, folder / "c.bin"}); }, {"c.bin", "CIFAR-100", "a.bin of CIFAR-10"});

  folder.write("classes.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
  EXPECT_EQ(open_cifar({one})->classes()[7], "h");
  expect_error(ErrorKind::data, [&] { open_cifar({folder / "c.bin"}); },
               {"classes.txt", "10 names of classes; CIFAR-100 has 100"});
}

TEST(ImageSet, BrokenCifar) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::data, [&] { open_cifar({folder.write("a.bin", cifar("\1") + "xx")}); },
               {"a.bin", "3075 bytes", "3073", "3074"});
  expect_error(ErrorKind::data, [&] { open_cifar({folder.write("a.bin", cifar("\1") + cifar("\x0A"))}); },
               {"a.bin", "byte 3073", "picture 1 is 10", "CIFAR-10 has labels up to 9"});
  expect_error(ErrorKind::data, [&] { open_cifar({folder.write("a.bin", cifar("\x13\x64"))}); }, {"byte 1", "100"});
  expect_error(ErrorKind::data, [&] { open_cifar({folder.write("a.bin", "")}); }, {"a.bin", "0 bytes"});
  expect_error(ErrorKind::usage, [] { open_cifar({}); }, {"no file"});
}

TEST(ImageSet, ATableOfPaths) {
  const TemporaryFolder folder;
  folder.write("pictures/a.png", read_file(kPictures / "rgb.png"));
  folder.write("pictures/b.jpg", read_file(kPictures / "rgb.jpg"));
  const std::string table =
      folder.write("t.csv", "image,label,note\npictures/a.png,10,x\npictures/b.jpg,9,y\npictures/a.png,9,z\n");
  const auto set = open_image_table(table);
  EXPECT_EQ(set->classes(), (Names{"9", "10"}));
  ASSERT_EQ(set->size(), 3);
  EXPECT_EQ(set->label(0), 1);
  EXPECT_EQ(set->label(2), 0);
  EXPECT_EQ(set->image(1), read_image(kPictures / "rgb.jpg"));
  const auto bare = open_image_table(table, {.label = ""});
  EXPECT_EQ(bare->label(0), -1);
  EXPECT_EQ(open_image_table(table, {.label = "note"})->classes(), (Names{"x", "y", "z"}));

  expect_error(ErrorKind::usage, [&] { open_image_table(table, {.image = "picture"}); }, {"t.csv", "picture", "image"});
  const std::string broken = folder.write("t.tsv", "image\tlabel\n\tx\npictures/c.png\t\npictures/a.png\ty\n");
  expect_error(ErrorKind::data, [&] { open_image_table(broken); },
               {"t.tsv:2", "column 'image' is empty", "t.tsv:3", "there is no file", "c.png", "column 'label' is empty"});
}

TEST(ImageSet, TheRealOnes) {
  if (std::getenv("ESPALIER_DATA") == nullptr)
    GTEST_SKIP() << "ESPALIER_DATA is not set: MNIST, CIFAR-10, easy-VQA and NLVR were not read";
  const fs::path data = std::getenv("ESPALIER_DATA");
  const fs::path digits = data / "vision/mnist/t10k-images-idx3-ubyte.gz";
  const auto mnist = open_idx(digits, idx_labels_beside(digits));
  EXPECT_EQ(mnist->size(), 10000);
  EXPECT_EQ(mnist->classes().size(), 10U);
  EXPECT_EQ(mnist->label(0), 7);  // the first test digit is a seven
  int64_t ink = 0;
  for (const uint8_t sample : mnist->image(0).pixels) ink += sample > 127;
  EXPECT_GT(ink, 50);
  EXPECT_LT(ink, 150);
  const auto cifar10 = open_cifar({data / "vision/cifar10/test.bin.gz"});
  EXPECT_EQ(cifar10->size(), 2000);
  EXPECT_EQ(cifar10->classes()[0], "airplane");
  std::vector<int64_t> counts(10);
  for (int64_t i = 0; i < cifar10->size(); ++i) ++counts[size_t(cifar10->label(i))];
  EXPECT_EQ(counts, std::vector<int64_t>(10, 200));
  EXPECT_EQ(open_idx(data / "vl/easy-vqa/test-images-idx4-ubyte.gz")->image(0).channels, 3);
  EXPECT_EQ(open_idx(data / "vl/nlvr/test-images-idx4-ubyte.gz")->image(0).width, 200);
}

}  // namespace
}  // namespace espalier
