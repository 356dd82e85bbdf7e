// A layer over packed rows, beside the same layer over rows padded to the longest sentence.
#include "bench/micro/pair.h"

namespace espalier::bench {

void add_rows(Pairs& pairs) {
  const auto layer = [](int64_t rows, const Shape& s) -> Prepare {
    return [=] {
      const Tensor x = random({rows, s.width}), weight = random({s.inner, s.width}), bias = random({s.inner});
      return [=] { at::linear(x, weight, bias); };
    };
  };
  for (const Shape& s : shapes()) {
    pairs.add({.kernel = "rows packed",
               .shape = s,
               .operations = 2.0 * double(s.rows * s.width * s.inner),
               .bytes = 4.0 * double(s.rows * (s.width + s.inner) + s.width * s.inner),
               .theirs = "padded"},
              layer(s.rows, s), layer(s.examples() * s.longest(), s));
  }
}

}  // namespace espalier::bench
