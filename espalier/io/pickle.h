// A pickle read as a description: numbers, texts, lists, and which of a few known things it wants made of them. Nothing is
// imported, called or executed. https://docs.python.org/3/library/pickletools.html
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

enum class PickleKind : uint8_t {
  none,
  boolean,    ///< `integer` is 0 or 1
  integer,    ///< within 64 bits
  big,        ///< a longer integer: `text` is its bytes, little-endian, two's complement
  number,     ///< `number`
  text,       ///< `text`, valid UTF-8
  tuple,      ///< `items`
  list,       ///< `items`
  dict,       ///< `items`: key, value, key, value, …; a later key replaces an equal one
  name,       ///< `text`: one of the names in pickle_names()
  made,       ///< what the name `text` would make of the tuple items[0]
  reference,  ///< something outside the pickle, named by items[0] (a "persistent id")
};

struct PickleValue {
  PickleKind kind = PickleKind::none;
  int64_t integer = 0;
  double number = 0;
  std::string_view text;        ///< inside the bytes that were read, or static
  std::vector<uint32_t> items;  ///< indices into Pickle::values
};

/// Values refer to each other by index, so that what contains itself needs no care.
struct Pickle {
  std::vector<PickleValue> values;
  uint32_t root = 0;
  uint64_t end = 0;  ///< the byte after its last

  const PickleValue& operator[](uint32_t index) const { return values[index]; }
  const PickleValue& top() const { return values[root]; }
};

/// Reads one pickle from byte `begin`. An opcode that tensor files do not use, a name that is not in pickle_names(), or more
/// than four million values or sixteen million items are an unsupported Error, and broken bytes a data Error, at `place`, with
/// the offset.
Pickle read_pickle(std::string_view bytes, const std::string& place, uint64_t begin = 0);

/// collections.OrderedDict, torch's two functions that rebuild tensors, and its ten storage types.
std::vector<std::string_view> pickle_names();
/// "text \"abc\"", "a dict of 3", "torch._utils._rebuild_tensor_v2(…)": for messages.
std::string describe_pickle(const PickleValue& value);

}  // namespace espalier
