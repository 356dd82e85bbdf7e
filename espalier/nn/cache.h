// Cache: the keys and values of rows that a decoder has read, so that further rows are all that a step computes.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace espalier {

using at::Tensor;

class Cache {
 public:
  /// Puts an example's new keys and values [1, H, T, dh] behind those of before, at the attention named `place`; gives them all.
  const std::pair<Tensor, Tensor>& extend(const std::string& place, int64_t example, const Tensor& key, const Tensor& value);
  /// What stands there of one example.
  const std::pair<Tensor, Tensor>& kept(const std::string& place, int64_t example) const {
    return kept_.at(place).at(size_t(example));
  }
  bool has(const std::string& place) const { return kept_.contains(place); }
  /// Examples order[0], order[1], … in place of 0, 1, …: beams that were chosen, examples that go on.
  void reorder(const std::vector<int64_t>& order);
  /// Whether no row has been read yet.
  bool empty() const { return kept_.empty(); }

 private:
  std::unordered_map<std::string, std::vector<std::pair<Tensor, Tensor>>> kept_;  // by place: an example each
};

}  // namespace espalier
