#include "espalier/text/trie.h"

#include <algorithm>

namespace espalier {

Trie::Trie(std::vector<Entry> entries) {
  std::sort(entries.begin(), entries.end());
  nodes_.resize(257);
  nodes_[kRoot].parent = kRoot;
  std::vector<Branch> open = {{entries, 0, kRoot}};  // not recursive: a token may be as long as its file
  while (!open.empty()) {
    const Branch branch = open.back();
    open.pop_back();
    place(branch, open);
  }
}

void Trie::place(Branch branch, std::vector<Branch>& open) {
  auto [entries, depth, node] = branch;
  if (!entries.empty() && entries.front().first.size() == depth) {
    nodes_[static_cast<size_t>(node)].value = entries.front().second;
    entries = entries.subspan(1);
  }
  if (entries.empty()) return;
  std::vector<unsigned char> bytes;
  std::vector<size_t> starts;
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto byte = static_cast<unsigned char>(entries[i].first[depth]);
    if (!bytes.empty() && bytes.back() == byte) continue;
    bytes.push_back(byte);
    starts.push_back(i);
  }
  starts.push_back(entries.size());
  const uint32_t base = find_base(bytes);
  nodes_[static_cast<size_t>(node)].base = static_cast<int32_t>(base);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const uint32_t child = base + bytes[i];
    nodes_[child].parent = node;
    open.push_back({entries.subspan(starts[i], starts[i + 1] - starts[i]), depth + 1, static_cast<int32_t>(child)});
  }
}

uint32_t Trie::find_base(const std::vector<unsigned char>& bytes) {
  while (first_free_ < nodes_.size() && nodes_[first_free_].parent != kNone) ++first_free_;
  constexpr uint32_t kTries = 256;  // beyond that, new room is cheaper than a fuller array
  uint32_t tries = 0;
  for (uint32_t spot = std::max<uint32_t>(first_free_, bytes.front() + 1u);; ++spot) {
    const uint32_t base = spot - bytes.front();
    if (base + 256 >= nodes_.size()) nodes_.resize(base + 257 + nodes_.size() / 2);
    const auto is_free = [&](unsigned char byte) { return nodes_[base + byte].parent == kNone; };
    if (std::all_of(bytes.begin(), bytes.end(), is_free)) return base;
    if (++tries == kTries) first_free_ = spot;
  }
}

}  // namespace espalier
