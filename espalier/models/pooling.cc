#include "espalier/models/pooling.h"

#include <array>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {
constexpr std::array kNames = {"auto", "pooler", "first", "mean", "max", "last"};
}

const char* pooling_name(Pooling pooling) { return kNames[size_t(pooling)]; }

Pooling pooling_from(const std::string& name) {
  const std::vector<std::string> known(kNames.begin(), kNames.end());
  for (size_t i = 0; i < known.size(); ++i) {
    if (known[i] == name) return Pooling(i);
  }
  throw usage_error("pooling '{}' is unknown{}", printable(name), did_you_mean(name, known)).hint("known: " + join(known, ", "));
}

Tensor pool(const Tensor& hidden, Pooling pooling, const Pass& pass) {
  const Frame& frame = *pass.frame;
  if (pooling == Pooling::first || pooling == Pooling::pooler) {
    return hidden.size(0) == frame.examples() ? hidden : hidden.index_select(0, frame.first_rows());
  }
  if (pooling == Pooling::last) {
    std::vector<int64_t> rows(frame.offsets.begin() + 1, frame.offsets.end());
    return hidden.index_select(0, at::tensor(rows, at::kLong) - 1);
  }
  std::vector<Tensor> pooled;
  for (const Group& group : frame.groups()) {
    const Tensor rows = hidden.narrow(0, group.row, group.count * group.length)
                            .view({group.count, group.length, hidden.size(1)})
                            .narrow(1, frame.prompts, group.length - frame.prompts);  // [G, T, D]
    pooled.push_back(pooling == Pooling::max ? rows.amax(1) : rows.mean(1));
  }
  return pooled.size() == 1 ? pooled[0] : at::cat(pooled, 0);
}

}  // namespace espalier
