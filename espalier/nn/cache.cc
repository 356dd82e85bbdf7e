#include "espalier/nn/cache.h"

#include "espalier/nn/tensor.h"

namespace espalier {

const std::pair<Tensor, Tensor>& Cache::extend(const std::string& place, int64_t example, const Tensor& key,
                                               const Tensor& value) {
  auto& examples = kept_[place];
  if (examples.size() <= size_t(example)) examples.resize(size_t(example) + 1);
  auto& [keys, values] = examples[size_t(example)];
  keys = keys.defined() ? at::cat({keys, key}, 2) : key;
  values = values.defined() ? at::cat({values, value}, 2) : value;
  return examples[size_t(example)];
}

void Cache::reorder(const std::vector<int64_t>& order) {
  for (auto& [place, examples] : kept_) {
    std::vector<std::pair<Tensor, Tensor>> chosen;
    for (int64_t example : order) chosen.push_back(examples.at(size_t(example)));
    examples = std::move(chosen);
  }
}

}  // namespace espalier
