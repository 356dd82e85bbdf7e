#include "espalier/io/pickle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <unordered_map>

#include "espalier/base/text.h"
#include "espalier/io/byte_reader.h"

namespace espalier {
namespace {

constexpr size_t kMaxValues = 4'000'000, kMaxItems = 16'000'000;
constexpr uint32_t kMark = UINT32_MAX;
constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::array<std::string_view, 13> kNames{kOrderedDict,
                                                  "torch._utils._rebuild_tensor_v2",
                                                  "torch._utils._rebuild_parameter",
                                                  "torch.DoubleStorage",
                                                  "torch.FloatStorage",
                                                  "torch.HalfStorage",
                                                  "torch.BFloat16Storage",
                                                  "torch.LongStorage",
                                                  "torch.IntStorage",
                                                  "torch.ShortStorage",
                                                  "torch.CharStorage",
                                                  "torch.ByteStorage",
                                                  "torch.BoolStorage"};

struct Refused {
  unsigned char code;
  const char* name;
};
/// Opcodes that exist, and that no file of tensors needs.
constexpr Refused kRefused[] = {{'F', "FLOAT"},          {'I', "INT"},          {'L', "LONG"},
                                {'P', "PERSID"},         {'S', "STRING"},       {'V', "UNICODE"},
                                {'d', "DICT"},           {'g', "GET"},          {'i', "INST"},
                                {'l', "LIST"},           {'o', "OBJ"},          {'p', "PUT"},
                                {0x81, "NEWOBJ"},        {0x82, "EXT1"},        {0x83, "EXT2"},
                                {0x84, "EXT4"},          {0x8b, "LONG4"},       {'B', "BINBYTES"},
                                {'C', "SHORT_BINBYTES"}, {0x8e, "BINBYTES8"},   {0x8f, "EMPTY_SET"},
                                {0x90, "ADDITEMS"},      {0x91, "FROZENSET"},   {0x92, "NEWOBJ_EX"},
                                {0x96, "BYTEARRAY8"},    {0x97, "NEXT_BUFFER"}, {0x98, "READONLY_BUFFER"}};

class Machine {
 public:
  Machine(std::string_view bytes, const std::string& place, uint64_t begin) : in_(bytes, place, "the pickle", begin) {}

  Pickle run() {
    for (;;) {
      opcode_at_ = in_.at();
      const auto code = static_cast<unsigned char>(in_.take(1)[0]);
      if (code == '.') break;
      step(code);
    }
    out_.root = pop();
    out_.end = in_.at();
    return std::move(out_);
  }

 private:
  Error broken(const std::string& what) const {
    return data_error("{}, at byte {} of the pickle", what, opcode_at_).at(in_.place());
  }
  Error refused(const std::string& what) const {
    return unsupported_error("{}, at byte {} of the pickle; nothing was executed", what, opcode_at_)
        .at(in_.place())
        .hint("only plain tensors in a dict are read: save model.state_dict() rather than the model");
  }

  void step(unsigned char code) {
    switch (code) {
      case 0x80:  // PROTO
        if (const uint64_t version = in_.number(1); version < 2 || version > 5) {
          throw refused(fmt::format("a pickle of protocol {}; expected 2 to 5", version));
        }
        return;
      case 0x95:  // FRAME: a length that is of use to readers of streams
        in_.number(8);
        return;
      case '(':
        return push_index(kMark);
      case '0':  // POP
        return stack_.empty() || stack_.back() != kMark ? void(pop()) : stack_.pop_back();
      case '1':  // POP_MARK
        return void(pop_to_mark());
      case '2':  // DUP
        return push_index(top());
      case 'N':
        return push({});
      case 0x88:
      case 0x89:
        return push({.kind = PickleKind::boolean, .integer = code == 0x88});
      case 'J':  // BININT
        return push({.kind = PickleKind::integer, .integer = int32_t(uint32_t(in_.number(4)))});
      case 'K':
        return push({.kind = PickleKind::integer, .integer = int64_t(in_.number(1))});
      case 'M':
        return push({.kind = PickleKind::integer, .integer = int64_t(in_.number(2))});
      case 0x8a:  // LONG1
        return push_long(in_.take(in_.number(1)));
      case 'G':
        return push_double(in_.take(8));
      case 'X':  // BINUNICODE, and the texts of Python 2
      case 'T':
        return push_text(in_.take(in_.number(4)));
      case 0x8c:
      case 'U':
        return push_text(in_.take(in_.number(1)));
      case 0x8d:
        return push_text(in_.take(in_.number(8)));
      default:
        return step_compound(code);
    }
  }

  void step_compound(unsigned char code) {
    switch (code) {
      case ')':
        return push({.kind = PickleKind::tuple});
      case ']':
        return push({.kind = PickleKind::list});
      case '}':
        return push({.kind = PickleKind::dict});
      case 't':
        return push({.kind = PickleKind::tuple, .items = pop_to_mark()});
      case 0x85:
      case 0x86:
      case 0x87:
        return push({.kind = PickleKind::tuple, .items = pop_many(code - 0x84)});
      case 'a':
        return extend(PickleKind::list, pop_many(1));
      case 'e':
        return extend(PickleKind::list, pop_to_mark());
      case 's':
        return extend(PickleKind::dict, pop_many(2));
      case 'u':
        return extend(PickleKind::dict, pop_to_mark());
      case 'q':
        return remember(in_.number(1));
      case 'r':
        return remember(in_.number(4));
      case 0x94:  // MEMOIZE
        return remember(memo_.size());
      case 'h':
        return recall(in_.number(1));
      case 'j':
        return recall(in_.number(4));
      default:
        return step_made(code);
    }
  }

  void step_made(unsigned char code) {
    switch (code) {
      case 'c': {  // GLOBAL
        const std::string_view module = in_.line(), name = in_.line();
        return push_name(module, name);
      }
      case 0x93: {  // STACK_GLOBAL
        const PickleValue &name = pop_value(), &module = pop_value();
        if (name.kind != PickleKind::text || module.kind != PickleKind::text) throw broken("a name that is no text");
        return push_name(module.text, name.text);
      }
      case 'Q':  // BINPERSID
        return push({.kind = PickleKind::reference, .items = pop_many(1)});
      case 'R':
        return reduce();
      case 'b': {  // BUILD: attributes of a dict, such as state_dict's _metadata, are of no use here
        const PickleKind state = pop_value().kind;
        if (value(top()).kind != PickleKind::dict || state != PickleKind::dict) {
          throw refused(fmt::format("BUILD of {}; expected it of a dict alone", describe_pickle(value(top()))));
        }
        return;
      }
      default:
        for (const Refused& known : kRefused) {
          if (known.code == code) throw refused(fmt::format("the opcode {} is not one that tensor files use", known.name));
        }
        throw broken(fmt::format("0x{:02x} is no opcode", code));
    }
  }

  void reduce() {
    const uint32_t arguments = pop();
    const PickleValue& called = pop_value();
    if (called.kind != PickleKind::name || value(arguments).kind != PickleKind::tuple) {
      throw refused(fmt::format("REDUCE of {}", describe_pickle(called)));
    }
    if (called.text != kOrderedDict) {
      return push({.kind = PickleKind::made, .text = called.text, .items = {arguments}});
    }
    PickleValue dict{.kind = PickleKind::dict};
    const std::vector<uint32_t>& given = value(arguments).items;
    if (given.size() > 1) throw broken("an OrderedDict of several arguments");
    if (given.size() == 1) {  // Python 2: a list of pairs
      for (const uint32_t pair : value(given[0]).items) {
        const std::vector<uint32_t>& two = value(pair).items;
        if (two.size() != 2) throw broken("an OrderedDict of something else than pairs");
        dict.items.insert(dict.items.end(), two.begin(), two.end());
      }
    }
    push(std::move(dict));
  }

  void push(PickleValue value) {
    if (out_.values.size() >= kMaxValues) throw refused(fmt::format("more than {} values", with_commas(kMaxValues)));
    count(value.items.size());
    push_index(uint32_t(out_.values.size()));
    out_.values.push_back(std::move(value));
  }

  void push_index(uint32_t index) {
    if (stack_.size() >= kMaxItems) throw refused("a stack without end");
    stack_.push_back(index);
  }

  /// What is shared may be copied many times by few bytes.
  void count(size_t items) {
    items_ += items;
    if (items_ > kMaxItems) throw refused(fmt::format("more than {} items", with_commas(kMaxItems)));
  }

  void push_text(std::string_view text) {
    if (!valid_utf8(text)) throw broken(fmt::format("the text \"{}\" is not UTF-8", printable(text, 80)));
    push({.kind = PickleKind::text, .text = text});
  }

  void push_double(std::string_view bytes) {
    uint64_t bits = 0;  // big-endian, unlike the integers
    for (const char c : bytes) bits = bits << 8 | static_cast<unsigned char>(c);
    push({.kind = PickleKind::number, .number = std::bit_cast<double>(bits)});
  }

  void push_long(std::string_view bytes) {
    if (bytes.size() > 8) return push({.kind = PickleKind::big, .text = bytes});
    uint64_t number = !bytes.empty() && (bytes.back() & 0x80) != 0 ? ~uint64_t{0} : 0;
    for (size_t i = bytes.size(); i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[i]);
    push({.kind = PickleKind::integer, .integer = int64_t(number)});
  }

  void push_name(std::string_view module, std::string_view name) {
    for (const std::string_view known : kNames) {
      if (known.size() == module.size() + 1 + name.size() && known.starts_with(module) && known[module.size()] == '.' &&
          known.ends_with(name)) {
        return push({.kind = PickleKind::name, .text = known});
      }
    }
    throw refused(fmt::format("it asks for {}.{}, which a file of plain tensors does not need", printable(module, 100),
                              printable(name, 100)));
  }

  void extend(PickleKind kind, const std::vector<uint32_t>& items) {
    PickleValue& target = out_.values[top()];
    if (target.kind != kind) {
      throw refused(
          fmt::format("items for {}; expected a {}", describe_pickle(target), kind == PickleKind::dict ? "dict" : "list"));
    }
    if (kind == PickleKind::dict && items.size() % 2 != 0) throw broken("a key without a value");
    count(items.size());
    target.items.insert(target.items.end(), items.begin(), items.end());
  }

  void remember(uint64_t key) {
    if (memo_.size() >= kMaxValues) throw refused("a memo without end");
    memo_[key] = top();
  }

  void recall(uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) throw broken(fmt::format("memo {} is used before it is set", key));
    push_index(found->second);
  }

  uint32_t top() const {
    if (stack_.empty() || stack_.back() == kMark) throw broken("a value is missing");
    return stack_.back();
  }
  uint32_t pop() {
    const uint32_t index = top();
    stack_.pop_back();
    return index;
  }
  const PickleValue& value(uint32_t index) const { return out_.values[index]; }
  const PickleValue& pop_value() { return value(pop()); }
  std::vector<uint32_t> pop_many(int count) {
    std::vector<uint32_t> items(size_t(count), 0);
    for (size_t i = items.size(); i-- > 0;) items[i] = pop();
    return items;
  }
  std::vector<uint32_t> pop_to_mark() {
    const auto mark = std::find(stack_.rbegin(), stack_.rend(), kMark);
    if (mark == stack_.rend()) throw broken("a mark is missing");
    std::vector<uint32_t> items(mark.base(), stack_.end());
    stack_.erase(mark.base() - 1, stack_.end());
    return items;
  }

  ByteReader in_;
  uint64_t opcode_at_ = 0;
  size_t items_ = 0;
  std::vector<uint32_t> stack_;
  std::unordered_map<uint64_t, uint32_t> memo_;
  Pickle out_;
};

}  // namespace

Pickle read_pickle(std::string_view bytes, const std::string& place, uint64_t begin) {
  return Machine(bytes, place, begin).run();
}

std::vector<std::string_view> pickle_names() { return {kNames.begin(), kNames.end()}; }

std::string describe_pickle(const PickleValue& value) {
  switch (value.kind) {
    case PickleKind::none:
      return "None";
    case PickleKind::boolean:
      return value.integer != 0 ? "True" : "False";
    case PickleKind::integer:
      return fmt::format("integer {}", value.integer);
    case PickleKind::big:
      return fmt::format("an integer of {} bytes", value.text.size());
    case PickleKind::number:
      return fmt::format("number {}", value.number);
    case PickleKind::text:
      return fmt::format("text \"{}\"", printable(value.text, 80));
    case PickleKind::tuple:
      return fmt::format("a tuple of {}", value.items.size());
    case PickleKind::list:
      return fmt::format("a list of {}", value.items.size());
    case PickleKind::dict:
      return fmt::format("a dict of {}", value.items.size() / 2);
    case PickleKind::name:
      return fmt::format("the name {}", value.text);
    case PickleKind::made:
      return fmt::format("{}(…)", value.text);
    case PickleKind::reference:
      return "a storage";
  }
  return "unreadable";
}

}  // namespace espalier
