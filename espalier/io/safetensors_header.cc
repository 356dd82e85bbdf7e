#include "espalier/io/safetensors_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/io/tensor_view.h"

namespace espalier {
namespace {

using nlohmann::json;

// One tensor's entry; every way in which it can be wrong ends in its own sentence.
class EntryReader {
 public:
  EntryReader(std::string name, const json& value, int64_t data_size, const std::string& place, Problems& problems)
      : value_(value), data_size_(data_size), place_(place), problems_(problems) {
    entry_.name = std::move(name);
  }

  std::optional<SafetensorsEntry> read() {
    if (!value_.is_object()) {
      problem("is {}; expected an object with dtype, shape and data_offsets", describe_json(value_));
      return std::nullopt;
    }
    for (const auto& item : value_.items()) {
      if (item.key() != "dtype" && item.key() != "shape" && item.key() != "data_offsets") {
        problem("has the unknown key \"{}\"; expected dtype, shape and data_offsets only", printable(item.key()));
      }
    }
    const bool dtype = read_dtype(), shape = read_shape(), offsets = read_offsets();
    if (dtype && shape && offsets) check_bytes();
    if (!dtype || !shape || !offsets) return std::nullopt;
    return std::move(entry_);
  }

 private:
  template <class... Args>
  void problem(fmt::format_string<Args...> text, Args&&... args) {
    problems_.add(place_,
                  fmt::format("tensor '{}' {}", printable(entry_.name, 200), fmt::format(text, std::forward<Args>(args)...)));
  }

  const json* member(const char* key) {
    const auto at = value_.find(key);
    if (at != value_.end()) return &*at;
    problem("has no {}", key);
    return nullptr;
  }

  bool read_dtype() {
    const json* found = member("dtype");
    if (found == nullptr) return false;
    if (!found->is_string())
      return problem("has a dtype that is {}; expected text such as \"F32\"", describe_json(*found)), false;
    const std::string& text = found->get_ref<const std::string&>();
    const std::optional<DType> dtype = dtype_named(text);
    if (!dtype) {
      std::vector<std::string> known;
      for (DType each : all_dtypes()) known.emplace_back(dtype_name(each));
      return problem("has the unknown dtype \"{}\"; expected one of {}", printable(text), join(known, ", ")), false;
    }
    entry_.dtype = *dtype;
    return true;
  }

  // Whole, non-negative and below 2^63; anything else is named by its place in the list.
  bool read_sizes(const json& list, const char* key, std::vector<int64_t>& sizes) {
    for (const json& element : list) {
      if (element.is_number_integer() && !element.is_number_unsigned()) {
        return problem("has the negative number {} in its {}", element.dump(), key), false;
      }
      if (!element.is_number_unsigned() || element.get<uint64_t>() > uint64_t{INT64_MAX}) {
        return problem("has {} in its {}; expected whole numbers below 2^63", describe_json(element), key), false;
      }
      sizes.push_back(element.get<int64_t>());
    }
    return true;
  }

  bool read_shape() {
    const json* found = member("shape");
    if (found == nullptr) return false;
    if (!found->is_array()) return problem("has a shape that is {}; expected a list of sizes", describe_json(*found)), false;
    if (!read_sizes(*found, "shape", entry_.shape)) return false;
    const std::optional<int64_t> product = checked_product(entry_.shape);
    int64_t bytes = 0;
    if (!product || __builtin_mul_overflow(*product, dtype_size(entry_.dtype), &bytes)) {
      return problem("has the shape {}, more elements than 63 bits can count", shape_text(entry_.shape)), false;
    }
    return true;
  }

  bool read_offsets() {
    const json* found = member("data_offsets");
    if (found == nullptr) return false;
    if (!found->is_array() || found->size() != 2) {
      return problem("has data_offsets that are {}; expected two numbers, begin and end", describe_json(*found)), false;
    }
    std::vector<int64_t> offsets;
    if (!read_sizes(*found, "data_offsets", offsets)) return false;
    entry_.begin = offsets[0];
    entry_.end = offsets[1];
    if (entry_.begin > entry_.end) {
      return problem("begins at byte {} and ends before it, at {}", entry_.begin, entry_.end), false;
    }
    if (entry_.end > data_size_) {
      return problem("ends at byte {} of the data, but the file holds {} bytes of data", entry_.end, data_size_), false;
    }
    return true;
  }

  void check_bytes() {
    const int64_t expected = *checked_product(entry_.shape) * dtype_size(entry_.dtype), found = entry_.end - entry_.begin;
    if (found != expected) {
      problem("is given {} bytes; {} {} takes {}", found, dtype_name(entry_.dtype), shape_text(entry_.shape), expected);
    }
  }

  const json& value_;
  const int64_t data_size_;
  const std::string& place_;
  Problems& problems_;
  SafetensorsEntry entry_;
};

// nlohmann keeps the last of two equal keys; here they are an error, since one of the two tensors would vanish.
json parse_header(std::string_view text, const std::string& place, Problems& problems) {
  constexpr int kDepth = 8;
  parse_json(text, place + " (header)", kDepth);  // refuses what is not JSON, with line and column
  std::vector<std::set<std::string>> keys(kDepth + 2);
  return json::parse(text, [&](int depth, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) keys[depth + 1].clear();
    if (event == json::parse_event_t::key && !keys[depth].insert(parsed.get<std::string>()).second) {
      problems.add(place, fmt::format("the header holds the name '{}' twice", printable(parsed.get<std::string>(), 200)));
    }
    return true;
  });
}

void read_metadata(const json& value, const std::string& place, Problems& problems,
                   std::map<std::string, std::string>& metadata) {
  if (!value.is_object())
    return problems.add(place, fmt::format("__metadata__ is {}; expected an object of texts", describe_json(value)));
  for (const auto& item : value.items()) {
    if (item.value().is_string()) {
      metadata[item.key()] = item.value().get<std::string>();
    } else {
      problems.add(place,
                   fmt::format("__metadata__ \"{}\" is {}; expected text", printable(item.key()), describe_json(item.value())));
    }
  }
}

// The tensors must tile the data: no byte twice, none left out.
void check_layout(const std::vector<SafetensorsEntry>& entries, int64_t data_size, const std::string& place, Problems& problems) {
  int64_t covered = 0;
  const SafetensorsEntry* last = nullptr;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin < covered) {
      problems.add(place, fmt::format("tensors '{}' and '{}' overlap: bytes [{}, {}) and [{}, {})", printable(last->name, 200),
                                      printable(entry.name, 200), last->begin, last->end, entry.begin, entry.end));
    } else if (entry.begin > covered) {
      problems.add(place, fmt::format("bytes {} to {} belong to no tensor; '{}' should begin at {}", covered, entry.begin,
                                      printable(entry.name, 200), covered));
    }
    if (last == nullptr || entry.end > covered) last = &entry;
    covered = std::max(covered, entry.end);
  }
  if (covered < data_size) {
    problems.add(place, fmt::format("{} bytes after the last tensor belong to no tensor", data_size - covered));
  }
}

}  // namespace

SafetensorsHeader read_safetensors_header(std::string_view text, int64_t data_size, const std::string& place) {
  Problems problems;
  const json root = parse_header(text, place, problems);
  if (!root.is_object()) throw data_error("the header is {}; expected an object of tensors", describe_json(root)).at(place);
  SafetensorsHeader header;
  size_t tensors = 0;
  for (const auto& item : root.items()) {
    if (item.key() == "__metadata__") {
      read_metadata(item.value(), place, problems, header.metadata);
      continue;
    }
    ++tensors;
    if (auto entry = EntryReader(item.key(), item.value(), data_size, place, problems).read())
      header.entries.push_back(std::move(*entry));
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  // With an entry unread, every neighbour would be reported as a hole.
  if (header.entries.size() == tensors) check_layout(header.entries, data_size, place, problems);
  problems.raise(ErrorKind::data, place + ": the header contradicts itself or the file");
  return header;
}

}  // namespace espalier
