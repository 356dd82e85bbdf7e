#include "espalier/io/torch_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/torch_container.h"

namespace espalier {
namespace {

constexpr std::array<std::string_view, 4> kSections{"state_dict", "model_state_dict", "model", "module"};
constexpr size_t kMaxDimensions = 64;  // torch's own limit

/// Tensors out of the pickle's description; every claim is checked against the storage's bytes.
class Builder {
 public:
  Builder(const TorchContainer& container, std::shared_ptr<const MappedFile> owner, const std::string& place)
      : pickle_(container.pickle), storages_(container.storages), owner_(std::move(owner)), place_(place) {}

  bool is_tensor(uint32_t index) const { return pickle_[index].kind == PickleKind::made; }

  StridedTensor tensor(uint32_t index, const std::string& name) const {
    const PickleValue* value = &pickle_[index];
    // A parameter is made of a tensor that was made before it, so this ends.
    while (value->text == "torch._utils._rebuild_parameter" && !arguments(*value).empty()) {
      value = &pickle_[arguments(*value)[0]];
      if (value->kind != PickleKind::made) throw wrong(name, *value);
    }
    const std::vector<uint32_t>& parts = arguments(*value);
    if (value->text != "torch._utils._rebuild_tensor_v2" || parts.size() < 6 || parts.size() > 7) throw wrong(name, *value);
    if (parts.size() == 7) {
      const PickleValue& metadata = pickle_[parts[6]];
      const bool nothing = metadata.kind == PickleKind::none || (metadata.kind == PickleKind::dict && metadata.items.empty());
      if (!nothing) throw unsupported_error("tensor '{}' has metadata (conjugated or negated)", printable(name, 200)).at(place_);
    }
    const StorageReference storage = storage_reference(pickle_, parts[0], place_);
    const auto bytes = storages_.find(storage.key);
    const int64_t size = storage.elements * dtype_size(storage.dtype);
    if (bytes == storages_.end() || int64_t(bytes->second.size()) != size) {
      throw data_error(
          "tensor '{}' needs storage '{}' of {} bytes; {}", printable(name, 200), printable(storage.key, 80), size,
          bytes == storages_.end() ? std::string("the file has no such storage") : fmt::format("it has {}", bytes->second.size()))
          .at(place_);
    }
    StridedTensor tensor{storage.dtype, numbers(parts[2], name), numbers(parts[3], name), {}, owner_};
    const int64_t offset = number(parts[1], name);
    check_extent(tensor, offset, storage.elements, name);
    tensor.bytes = std::as_bytes(std::span(bytes->second)).subspan(size_t(offset * dtype_size(storage.dtype)));
    return tensor;
  }

 private:
  Error wrong(const std::string& name, const PickleValue& value) const {
    return data_error("'{}' is {}; expected a tensor", printable(name, 200), describe_pickle(value)).at(place_);
  }
  const std::vector<uint32_t>& arguments(const PickleValue& made) const { return pickle_[made.items[0]].items; }

  int64_t number(uint32_t index, const std::string& name) const {
    const PickleValue& value = pickle_[index];
    if (value.kind == PickleKind::integer && value.integer >= 0) return value.integer;
    throw data_error("tensor '{}' has {} among its sizes; expected whole numbers from 0", printable(name, 200),
                     describe_pickle(value))
        .at(place_);
  }
  std::vector<int64_t> numbers(uint32_t index, const std::string& name) const {
    const PickleValue& value = pickle_[index];
    if (value.kind != PickleKind::tuple || value.items.size() > kMaxDimensions) throw wrong(name, value);
    std::vector<int64_t> out;
    for (const uint32_t item : value.items) out.push_back(number(item, name));
    return out;
  }

  void check_extent(const StridedTensor& tensor, int64_t offset, int64_t elements, const std::string& name) const {
    const auto outside = [&] {
      return data_error("tensor '{}', shape {} with strides {} from {}, does not lie in its storage of {} elements",
                        printable(name, 200), shape_text(tensor.shape), shape_text(tensor.strides), offset, elements)
          .at(place_);
    };
    const std::optional<int64_t> count = checked_product(tensor.shape);
    int64_t bytes = 0;
    if (!count || __builtin_mul_overflow(*count, dtype_size(tensor.dtype), &bytes)) throw outside();
    if (tensor.shape.size() != tensor.strides.size() || offset > elements) throw outside();
    if (*count == 0) return;
    int64_t last = offset;
    for (size_t i = 0; i < tensor.shape.size(); ++i) {
      int64_t step = 0;
      if (__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &step) || __builtin_add_overflow(last, step, &last)) {
        throw outside();
      }
    }
    if (last >= elements) throw outside();
  }

  const Pickle& pickle_;
  const std::map<std::string, std::string_view, std::less<>>& storages_;
  std::shared_ptr<const MappedFile> owner_;
  const std::string& place_;
};

using Members = std::map<std::string, uint32_t>;

/// Keys that are texts and their values; of equal keys the last counts, as in Python.
Members members_of(const Pickle& pickle, const PickleValue& dict) {
  Members members;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue& key = pickle[dict.items[i]];
    const std::string name = key.kind == PickleKind::text ? std::string(key.text) : describe_pickle(key);
    members[name] = dict.items[i + 1];
  }
  return members;
}

void refuse_others(const Pickle& pickle, const Members& members, const Builder& build, const std::string& place) {
  Problems problems;
  for (const auto& [name, index] : members) {
    if (build.is_tensor(index)) continue;
    problems.add(place, fmt::format("'{}' is {}; expected a tensor", printable(name, 200), describe_pickle(pickle[index])),
                 fmt::format("tensors are looked for in the file's dict, or under one of: {}",
                             join(std::vector<std::string>(kSections.begin(), kSections.end()), ", ")));
  }
  problems.raise(ErrorKind::data, place + " holds something else than tensors");
}

}  // namespace

int64_t StridedTensor::numel() const { return checked_product(shape).value_or(0); }

int64_t StridedTensor::byte_size() const { return numel() * dtype_size(dtype); }

bool StridedTensor::contiguous() const {
  if (numel() == 0) return true;
  int64_t expected = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

bool StridedTensor::same_elements(const StridedTensor& other) const {
  return numel() > 0 && dtype == other.dtype && bytes.data() == other.bytes.data() && shape == other.shape &&
         strides == other.strides;
}

std::string row_major(const StridedTensor& tensor) {
  const auto size = size_t(dtype_size(tensor.dtype));
  std::string out(size_t(tensor.byte_size()), '\0');
  std::vector<int64_t> index(tensor.shape.size(), 0);
  uint64_t at = 0;  // wraps on the way where a stride of a single element is absurd, and comes back
  for (size_t written = 0; written < out.size(); written += size) {
    std::memcpy(out.data() + written, tensor.bytes.data() + at * size, size);
    for (size_t i = index.size(); i-- > 0;) {
      at += uint64_t(tensor.strides[i]);
      if (++index[i] < tensor.shape[i]) break;
      at -= uint64_t(tensor.shape[i]) * uint64_t(tensor.strides[i]);
      index[i] = 0;
    }
  }
  return out;
}

TorchFile::TorchFile(const fs::path& path, bool check_sums) : path_(path) {
  const auto file = std::make_shared<const MappedFile>(path);
  const std::string place = path.string();
  file_bytes_ = int64_t(file->bytes().size());
  const TorchContainer container = open_torch_container(file->text(), place, check_sums);
  const Pickle& pickle = container.pickle;
  const Builder build(container, file, place);
  if (pickle.top().kind != PickleKind::dict) {
    throw data_error("the file holds {}; expected a dict of tensors", describe_pickle(pickle.top()))
        .at(place)
        .hint("save model.state_dict() with torch.save");
  }
  Members members = members_of(pickle, pickle.top());
  if (std::none_of(members.begin(), members.end(), [&](const auto& member) { return build.is_tensor(member.second); })) {
    for (const std::string_view key : kSections) {
      const auto found = members.find(std::string(key));
      if (found == members.end() || pickle[found->second].kind != PickleKind::dict) continue;
      if (!section_.empty()) throw data_error("both '{}' and '{}' hold a dict", section_, key).at(place);
      section_ = key;
    }
  }
  if (!section_.empty()) {
    for (const auto& [name, index] : members) {
      if (name != section_) left_out_.push_back(name);
    }
    members = members_of(pickle, pickle[members.at(section_)]);
  }
  refuse_others(pickle, members, build, place);
  for (const auto& [name, index] : members) {
    if (name == "__metadata__") throw data_error("a tensor is named '__metadata__', which safetensors reserves").at(place);
    tensors_.emplace(name, build.tensor(index, name));
  }
  if (tensors_.empty()) throw data_error("the file holds no tensor").at(place);
}

}  // namespace espalier
