#include "espalier/io/safetensors_writer.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"

namespace espalier {
namespace {

using nlohmann::ordered_json;

// The order of the reference library: the later in its list of types, the earlier in the file.
int rank(DType dtype) {
  constexpr std::array kOrder{DType::boolean, DType::u8,  DType::i8,  DType::i16, DType::f16,
                              DType::bf16,    DType::i32, DType::f32, DType::f64, DType::i64};
  return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), dtype) - kOrder.begin());
}

std::vector<const NamedTensor*> in_file_order(const std::vector<NamedTensor>& tensors) {
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) {
    return rank(a->dtype) != rank(b->dtype) ? rank(a->dtype) > rank(b->dtype) : a->name < b->name;
  });
  return order;
}

void check(const std::vector<NamedTensor>& tensors, const std::string& place) {
  Problems problems;
  std::set<std::string_view> names;
  for (const NamedTensor& tensor : tensors) {
    if (tensor.name == "__metadata__") problems.add(place, "a tensor is named '__metadata__', which the format reserves");
    if (!names.insert(tensor.name).second) problems.add(place, fmt::format("two tensors are named '{}'", tensor.name));
    if (!valid_utf8(tensor.name)) problems.add(place, fmt::format("the name '{}' is not UTF-8", printable(tensor.name, 200)));
    const std::optional<int64_t> product = checked_product(tensor.shape);
    if (!product || static_cast<uint64_t>(*product) * dtype_size(tensor.dtype) != tensor.bytes.size()) {
      problems.add(place, fmt::format("tensor '{}', {} {}, comes with {} bytes", tensor.name, dtype_name(tensor.dtype),
                                      shape_text(tensor.shape), tensor.bytes.size()));
    }
  }
  problems.raise(ErrorKind::bug, place + ": the tensors cannot be written");
}

std::string header_of(const std::vector<const NamedTensor*>& order, const std::map<std::string, std::string>& metadata) {
  ordered_json header = ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  size_t begin = 0;
  std::string text = header.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  text.pop_back();  // tensors are appended one by one: an ordered object looks every new key up among all others
  for (const NamedTensor* tensor : order) {
    ordered_json entry;
    entry["dtype"] = dtype_name(tensor->dtype);
    entry["shape"] = tensor->shape;
    entry["data_offsets"] = {begin, begin + tensor->bytes.size()};
    begin += tensor->bytes.size();
    if (text.size() > 1) text += ',';
    text += ordered_json(tensor->name).dump() + ":" + entry.dump();
  }
  text += '}';
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

std::string_view as_text(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void remove_earlier(const fs::path& folder, const std::string& stem, const std::set<std::string>& keep) {
  std::error_code failed;
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    const bool shard = name.starts_with(stem + "-") && name.find("-of-") != std::string::npos && name.ends_with(".safetensors");
    if ((shard || name == stem + ".safetensors" || name == stem + ".safetensors.index.json") && !keep.contains(name)) {
      stale.push_back(entry.path());
    }
  }
  for (const fs::path& path : stale) fs::remove(path, failed);
}

}  // namespace

void write_safetensors(const fs::path& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  check(tensors, path.string());
  const std::vector<const NamedTensor*> order = in_file_order(tensors);
  const std::string header = header_of(order, metadata);
  write_file(path, [&](const std::function<void(std::string_view)>& sink) {
    std::string length(8, '\0');
    for (size_t i = 0; i < length.size(); ++i) length[i] = static_cast<char>(header.size() >> (8 * i) & 0xFF);
    sink(length);
    sink(header);
    for (const NamedTensor* tensor : order) sink(as_text(tensor->bytes));
  });
}

std::vector<fs::path> write_sharded(const fs::path& folder, const std::vector<NamedTensor>& tensors, int64_t max_shard_bytes,
                                    const std::map<std::string, std::string>& metadata, const std::string& stem) {
  check(tensors, folder.string());
  std::vector<std::vector<NamedTensor>> shards(1);
  int64_t total = 0, filled = 0;
  for (const NamedTensor& tensor : tensors) {
    const int64_t bytes = static_cast<int64_t>(tensor.bytes.size());
    if (filled + bytes > max_shard_bytes && !shards.back().empty()) {
      shards.emplace_back();
      filled = 0;
    }
    shards.back().push_back(tensor);
    filled += bytes;
    total += bytes;
  }

  std::vector<fs::path> files;
  std::set<std::string> keep;
  ordered_json index;
  std::map<std::string, std::string> weight_map;
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name =
        shards.size() == 1 ? stem + ".safetensors" : fmt::format("{}-{:05}-of-{:05}.safetensors", stem, i + 1, shards.size());
    write_safetensors(folder / name, shards[i], metadata);
    files.push_back(folder / name);
    keep.insert(name);
    for (const NamedTensor& tensor : shards[i]) weight_map[tensor.name] = name;
  }
  if (shards.size() > 1) {
    index["metadata"]["total_size"] = total;
    index["weight_map"] = weight_map;
    files.push_back(folder / (stem + ".safetensors.index.json"));
    keep.insert(files.back().filename().string());
    write_json(files.back(), index);
  }
  remove_earlier(folder, stem, keep);
  return files;
}

}  // namespace espalier
