// Products with a frozen weight: packed once for each direction, beside at::linear on the weight as it lies in memory.
#include "espalier/nn/linear.h"
#include "bench/micro/pair.h"
#include "espalier/nn/op.h"

namespace espalier::bench {
namespace {

/// A frozen layer and an input for it.
struct Layer {
  Layer(int64_t rows, int64_t in, int64_t out, bool differentiable)
      : linear(root, "layer", in, out), x(random({rows, in}, differentiable)), gradient(random({rows, out})) {
    linear.weight().set(random({out, in}));
    linear.bias()->set(random({out}));
  }
  Module root{""};
  Linear linear;
  Tensor x, gradient;
};

Prepare ours(int64_t rows, int64_t in, int64_t out, Precision precision, bool backwards) {
  return [=]() -> Run {
    auto layer = std::make_shared<Layer>(rows, in, out, backwards);
    return [=] {
      Pass pass;
      pass.precision = precision;
      const Tensor y = layer->linear(layer->x, pass);
      if (backwards) backward(y, layer->x, layer->gradient);
    };
  };
}

/// In bf16 as autocast does it: the weight's cast is kept, those of input and output are made each time.
Prepare theirs(int64_t rows, int64_t in, int64_t out, Precision precision, bool backwards) {
  return [=]() -> Run {
    const auto layer = std::make_shared<Layer>(rows, in, out, backwards);
    const at::ScalarType type = precision == Precision::bf16 ? at::kBFloat16 : at::kFloat;
    const Tensor weight = layer->linear.weight().leaf().to(type), bias = layer->linear.bias()->leaf().to(type);
    return [=] {
      const Tensor y = at::linear(layer->x.to(type), weight, bias).to(at::kFloat);
      if (backwards) backward(y, layer->x, layer->gradient);
    };
  };
}

}  // namespace

void add_linear(Pairs& pairs) {
  for (const Shape& s : shapes()) {
    for (const Precision precision : {Precision::exact, Precision::bf16}) {
      for (const auto& [name, in, out] :
           {std::tuple("query", s.width, s.width), std::tuple("up", s.width, s.inner), std::tuple("down", s.inner, s.width)}) {
        for (const bool backwards : {false, true}) {
          const bool bf16 = precision == Precision::bf16;
          const double trips = backwards ? 2 : 1;
          const double numbers = double(s.rows * (in + out)) * 4 + double(in * out) * (bf16 ? 2 : 4);
          pairs.add(
              {.kernel = fmt::format("linear {} {} {}", name, bf16 ? "bf16" : "fp32", backwards ? "forward+backward" : "forward"),
               .shape = s,
               .operations = trips * 2 * double(s.rows * in * out),
               .bytes = trips * numbers,
               .limit = bf16 ? "bf16" : "fp32"},
              ours(s.rows, in, out, precision, backwards), theirs(s.rows, in, out, precision, backwards));
        }
      }
    }
  }
}

}  // namespace espalier::bench
