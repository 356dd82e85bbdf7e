// Dropout whose mask is a function of a key, beside one that draws from a generator and keeps its mask.
#include "bench/micro/pair.h"
#include "espalier/nn/op.h"

namespace espalier::bench {

void add_dropout(Pairs& pairs) {
  constexpr double kProbability = 0.1;
  const auto ours = [](const Tensor& x) {
    Pass pass;
    pass.train = true;
    return op::dropout(x, kProbability, 7, pass);
  };
  const auto theirs = [](const Tensor& x) { return at::dropout(x, kProbability, true); };
  const auto forward = [](const Shape& s, auto dropout) -> Prepare {
    return [=] {
      const Tensor x = random({s.rows, s.width});
      return [=] { dropout(x); };
    };
  };
  const auto both = [](const Shape& s, auto dropout) -> Prepare {
    return [=] {
      const Tensor x = random({s.rows, s.width}, true), gradient = random({s.rows, s.width});
      return [=] { backward(dropout(x), x, gradient); };
    };
  };
  for (const Shape& s : shapes()) {
    const double size = 4.0 * double(s.rows * s.width);
    pairs.add({.kernel = "dropout forward", .shape = s, .bytes = 2 * size}, forward(s, ours), forward(s, theirs));
    pairs.add({.kernel = "dropout forward+backward", .shape = s, .bytes = 4 * size}, both(s, ours), both(s, theirs));
  }
}

}  // namespace espalier::bench
