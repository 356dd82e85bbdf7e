// A set of byte strings with numbers, as a double-array trie: one memory access for each byte that is walked.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace espalier {

class Trie {
 public:
  using Entry = std::pair<std::string, int32_t>;
  static constexpr int32_t kRoot = 0, kNone = -1;

  /// Strings must differ; numbers must not be negative.
  explicit Trie(std::vector<Entry> entries);

  /// The node behind `node` along `byte`, or kNone.
  int32_t step(int32_t node, unsigned char byte) const {
    const auto next = static_cast<uint32_t>(nodes_[static_cast<size_t>(node)].base) + byte;
    return next < nodes_.size() && nodes_[next].parent == node ? static_cast<int32_t>(next) : kNone;
  }
  /// The number of the string that ends at `node`, or kNone.
  int32_t value(int32_t node) const { return nodes_[static_cast<size_t>(node)].value; }

 private:
  struct Node {
    int32_t base = 0, parent = kNone, value = kNone;
  };
  struct Branch {
    std::span<const Entry> entries;  // all share their first `depth` bytes, which lead to `node`
    size_t depth;
    int32_t node;
  };
  void place(Branch branch, std::vector<Branch>& open);
  uint32_t find_base(const std::vector<unsigned char>& bytes);

  std::vector<Node> nodes_;
  uint32_t first_free_ = 1;  // every node before it is taken
};

}  // namespace espalier
