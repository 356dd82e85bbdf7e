#include "espalier/io/torch_container.h"

#include "espalier/base/text.h"
#include "espalier/io/byte_reader.h"
#include "espalier/io/zip_archive.h"

namespace espalier {
namespace {

// 0x1950a86a20f9469cfc6c, as LONG1 writes it.
constexpr std::string_view kMagic{"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10};
constexpr int64_t kLegacyProtocol = 1001;

struct StorageType {
  std::string_view name;
  DType dtype;
};
constexpr StorageType kTypes[] = {{"torch.DoubleStorage", DType::f64}, {"torch.FloatStorage", DType::f32},
                                  {"torch.HalfStorage", DType::f16},   {"torch.BFloat16Storage", DType::bf16},
                                  {"torch.LongStorage", DType::i64},   {"torch.IntStorage", DType::i32},
                                  {"torch.ShortStorage", DType::i16},  {"torch.CharStorage", DType::i8},
                                  {"torch.ByteStorage", DType::u8},    {"torch.BoolStorage", DType::boolean}};

/// Of a storage's elements, in bytes; a data Error when they do not fit in 63 bits.
int64_t byte_count(const StorageReference& storage, const std::string& place) {
  int64_t bytes = 0;
  if (storage.elements < 0 || __builtin_mul_overflow(storage.elements, dtype_size(storage.dtype), &bytes)) {
    throw data_error("storage '{}' claims {} elements", printable(storage.key, 80), storage.elements).at(place);
  }
  return bytes;
}

void check_sum(const ZipEntry& entry, std::string_view name, const std::string& place) {
  if (crc32(entry.bytes) == entry.crc) return;
  throw data_error("the CRC-32 of '{}' is not the one that the archive says", printable(name, 200))
      .at(place)
      .hint(
          "the file is damaged: take another copy; if it was written without checksums (torch's set_crc32_options), give "
          "--ignore-checksums");
}

TorchContainer open_zip(std::string_view file, const std::string& place, bool check_sums) {
  const ZipArchive archive(file, place);
  std::string root;
  for (const auto& [name, entry] : archive.entries()) {
    if (name.ends_with("/constants.pkl")) {
      throw unsupported_error("this is a TorchScript program, not a file of tensors")
          .at(place)
          .hint("save model.state_dict() instead");
    }
    if (!name.ends_with("/data.pkl")) continue;
    if (!root.empty()) throw data_error("the archive holds two data.pkl").at(place);
    root = name.substr(0, name.size() - 8);
  }
  if (root.empty()) throw data_error("a zip archive without data.pkl; expected what torch.save writes").at(place);
  if (const ZipEntry* order = archive.find(root + "byteorder"); order != nullptr && order->bytes != "little") {
    throw unsupported_error("the byte order is '{}'; expected little", printable(order->bytes)).at(place);
  }
  TorchContainer container;
  for (const auto& [name, entry] : archive.entries()) {
    if (check_sums) check_sum(entry, name, place);
    const std::string prefix = root + "data/";
    if (name.starts_with(prefix)) container.storages[name.substr(prefix.size())] = entry.bytes;
  }
  container.pickle = read_pickle(archive.at(root + "data.pkl").bytes, place);
  return container;
}

/// magic number, protocol, system, the object, the list of storage keys; then each storage: elements (8 bytes), bytes.
TorchContainer open_legacy(std::string_view file, const std::string& place) {
  const Pickle magic = read_pickle(file, place);
  if (magic.top().kind != PickleKind::big || magic.top().text != kMagic) {
    throw unsupported_error("a pickle of {}; expected a file of torch.save", describe_pickle(magic.top()))
        .at(place)
        .hint("save model.state_dict() with torch.save");
  }
  const Pickle protocol = read_pickle(file, place, magic.end);
  if (protocol.top().kind != PickleKind::integer || protocol.top().integer != kLegacyProtocol) {
    throw unsupported_error("format {} of torch.save; expected {}", describe_pickle(protocol.top()), kLegacyProtocol).at(place);
  }
  const Pickle system = read_pickle(file, place, protocol.end);
  for (size_t i = 0; i + 1 < system.top().items.size(); i += 2) {
    const PickleValue &key = system[system.top().items[i]], &value = system[system.top().items[i + 1]];
    if (key.text == "little_endian" && value.integer == 0) {
      throw unsupported_error("the file was written in big-endian order").at(place);
    }
  }
  TorchContainer container;
  container.pickle = read_pickle(file, place, system.end);
  std::map<std::string_view, StorageReference> wanted;
  for (uint32_t i = 0; i < container.pickle.values.size(); ++i) {
    if (container.pickle[i].kind != PickleKind::reference) continue;
    const StorageReference storage = storage_reference(container.pickle, i, place);
    wanted[storage.key] = storage;
  }
  const Pickle keys = read_pickle(file, place, container.pickle.end);
  ByteReader data(file, place, "the data", keys.end);
  for (const uint32_t index : keys.top().items) {
    const auto found = wanted.find(keys[index].text);
    if (keys[index].kind != PickleKind::text || found == wanted.end()) {
      throw data_error("no tensor says what storage '{}' holds", printable(keys[index].text, 80)).at(place);
    }
    const uint64_t elements = data.number(8);
    if (elements != uint64_t(found->second.elements)) {
      throw data_error("storage '{}' has {} elements; {} were expected", printable(found->first, 80), elements,
                       found->second.elements)
          .at(place);
    }
    container.storages[std::string(found->first)] = data.take(uint64_t(byte_count(found->second, place)));
  }
  return container;
}

}  // namespace

StorageReference storage_reference(const Pickle& pickle, uint32_t index, const std::string& place) {
  const PickleValue& reference = pickle[index];
  const auto wrong = [&] { return data_error("{} where a storage was expected", describe_pickle(reference)).at(place); };
  if (reference.kind != PickleKind::reference) throw wrong();
  const PickleValue& id = pickle[reference.items[0]];
  if (id.kind != PickleKind::tuple || id.items.size() < 5 || id.items.size() > 6) throw wrong();
  const PickleValue &word = pickle[id.items[0]], &type = pickle[id.items[1]], &key = pickle[id.items[2]],
                    &elements = pickle[id.items[4]];
  if (word.text != "storage" || key.kind != PickleKind::text || elements.kind != PickleKind::integer) throw wrong();
  if (id.items.size() == 6 && pickle[id.items[5]].kind != PickleKind::none) {
    throw unsupported_error("storage '{}' is a view of another one, as torch 0.3 wrote", printable(key.text, 80)).at(place);
  }
  for (const StorageType& known : kTypes) {
    if (type.kind != PickleKind::name || type.text != known.name) continue;
    const StorageReference storage{key.text, known.dtype, elements.integer};
    byte_count(storage, place);
    return storage;
  }
  throw wrong();
}

TorchContainer open_torch_container(std::string_view file, const std::string& place, bool check_sums) {
  if (file.empty()) throw data_error("the file is empty; expected what torch.save writes").at(place);
  if (file.starts_with("PK")) return open_zip(file, place, check_sums);
  if (file.starts_with('\x80')) return open_legacy(file, place);
  Error error =
      data_error("the file begins with \"{}\"; expected what torch.save writes", printable(file.substr(0, 8))).at(place);
  if (file.starts_with("version https://git-lfs")) {
    throw std::move(error).hint("this is a Git LFS pointer; fetch the file itself with `git lfs pull`");
  }
  if (file.size() > 262 && file.substr(257, 5) == "ustar") {
    throw std::move(error).hint("this is the tar format of torch 0.1; load and save it with a newer torch first");
  }
  if (file.size() > 8 && file[8] == '{') throw std::move(error).hint("this is safetensors already");
  throw error;
}

}  // namespace espalier
