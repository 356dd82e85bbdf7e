// What the machine can: products of the shape that `espalier doctor` takes, with a frozen weight, and a copy that no cache holds.
// They are benchmarks as the others are, so that a machine that others use slows both alike.
#include "bench/micro/pair.h"
#include "espalier/nn/linear.h"

namespace espalier::bench {
namespace {

constexpr int64_t kRows = 1024, kIn = 768, kOut = 3072;

struct Product {
  Product() : linear(root, "limit", kIn, kOut, false), x(random({kRows, kIn})) { linear.weight().set(random({kOut, kIn})); }
  Module root{""};
  Linear linear;
  Tensor x;
};

Prepare product(Precision precision) {
  return [=]() -> Run {
    auto layer = std::make_shared<Product>();
    return [=] {
      Pass pass;
      pass.precision = precision;
      layer->linear(layer->x, pass);
    };
  };
}

}  // namespace

void add_limits(Pairs& pairs) {
  const double operations = 2.0 * kRows * kIn * kOut;
  pairs.add_limit("fp32", {.operations = operations}, product(Precision::exact));
  pairs.add_limit("bf16", {.operations = operations}, product(Precision::bf16));
  constexpr int64_t kNumbers = int64_t(1) << 25;  // 134 MB
  pairs.add_limit("memory", {.bytes = 2 * 4.0 * kNumbers},
                  [] { return [x = at::ones({kNumbers}), y = at::empty({kNumbers})] { y.copy_(x); }; });
}

}  // namespace espalier::bench
