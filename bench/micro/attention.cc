// softmax(q kᵀ / √d) v of packed rows, a group of equally long examples at a time, beside padded rows under a mask.
#include "espalier/nn/attention.h"
#include "bench/micro/pair.h"
#include "espalier/nn/frame.h"

namespace espalier::bench {
namespace {

/// An attention layer whose linear sites give what they are given, so that the time is that of attention alone.
struct Bare {
  explicit Bare(const Shape& s) : attention(root, "attention", s.width, s.heads, 0), x(random({s.rows, s.width}, true)) {
    for (Linear* linear : {&attention.query, &attention.key, &attention.value, &attention.output}) {
      hooks.push_back(linear->site.wrap(WrapOrder::control, "bare", [](const Tensor& input, Next, Pass&) { return input; }));
    }
    pass.frame = make_frame(s.lengths);
  }
  Module root{""};
  Attention attention;
  std::vector<Hook> hooks;
  Tensor x;
  Pass pass;
};

Tensor padded(const Tensor& x, const Shape& s, const Tensor& mask) {
  const Tensor heads = x.view({s.examples(), s.longest(), s.heads, s.width / s.heads}).transpose(1, 2);
  return at::scaled_dot_product_attention(heads, heads, heads, mask).transpose(1, 2).reshape({-1, s.width});
}

Prepare ours(const Shape& s, bool backwards) {
  return [=]() -> Run {
    auto bare = std::make_shared<Bare>(s);
    return [=, gradient = random({s.rows, s.width})] {
      const Tensor y = bare->attention(bare->x, bare->pass);
      if (backwards) backward(y, bare->x, gradient);
    };
  };
}

Prepare theirs(const Shape& s, bool backwards) {
  return [=]() -> Run {
    const int64_t rows = s.examples() * s.longest();
    const Tensor x = random({rows, s.width}, true), gradient = random({rows, s.width});
    const Tensor lengths = at::tensor(s.lengths, at::kLong).view({-1, 1, 1, 1});
    const Tensor mask = (at::arange(s.longest(), at::kLong).view({1, 1, 1, -1}) < lengths)
                            .expand({s.examples(), 1, s.longest(), s.longest()})
                            .contiguous();
    return [=] {
      const Tensor y = padded(x, s, mask);
      if (backwards) backward(y, x, gradient);
    };
  };
}

}  // namespace

void add_attention(Pairs& pairs) {
  for (const Shape& s : shapes()) {
    double squares = 0;
    for (const int64_t length : s.lengths) squares += double(length * length);
    for (const bool backwards : {false, true}) {
      const double trips = backwards ? 3 : 1;  // two products forwards, four backwards
      pairs.add({.kernel = backwards ? "attention forward+backward" : "attention forward",
                 .shape = s,
                 .operations = trips * 4 * squares * double(s.width),
                 .bytes = (backwards ? 3.0 : 1.0) * 4 * 4 * double(s.rows * s.width),
                 .theirs = "padded"},
                ours(s, backwards), theirs(s, backwards));
    }
  }
}

}  // namespace espalier::bench
