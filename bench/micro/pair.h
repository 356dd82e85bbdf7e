// One kernel of ours beside the composition of libtorch that it replaces, on the same numbers, over the shapes of two models.
//
//   void add_gelu(Pairs& pairs) {
//     for (const Shape& shape : shapes()) {
//       pairs.add({.kernel = "gelu", .shape = shape, .bytes = 8.0 * shape.rows * shape.inner},
//                 [=] { return [x = random({shape.rows, shape.inner})] { op::gelu(x); }; },
//                 [=] { return [x = random({shape.rows, shape.inner})] { at::gelu(x); }; });
//     }
//   }
//
// and one line in main.cc. The outer function makes the tensors, and is called only when its benchmark runs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "espalier/nn/tensor.h"

namespace espalier::bench {

/// A batch of 32 sentences of SST-2's lengths, as a model of that size sees it.
struct Shape {
  std::string name;  ///< "minilm", "bert-base"
  int64_t width, inner, heads;
  std::vector<int64_t> lengths;  ///< ascending
  int64_t rows;                  ///< their sum
  int64_t longest() const { return lengths.back(); }
  int64_t examples() const { return int64_t(lengths.size()); }
};
const std::vector<Shape>& shapes();

struct Work {
  std::string kernel;  ///< "dropout forward"
  Shape shape;
  double operations = 0;       ///< of one run, a multiplication and an addition counted apart
  double bytes = 0;            ///< what must be read and written at least
  std::string limit = "fp32";  ///< which product limit it stands under: "fp32", "bf16"
  std::string theirs = "libtorch";
};

using Run = std::function<void()>;
using Prepare = std::function<Run()>;

class Pairs {
 public:
  void add(const Work& work, const Prepare& ours, const Prepare& theirs);
  /// What the machine can, which stands beside nothing: "limit/name".
  void add_limit(const std::string& name, const Work& work, const Prepare& prepare);
};

/// Standard normal, [sizes].
Tensor random(at::IntArrayRef sizes, bool differentiable = false);
/// The gradient of `y` for `x`, with `gradient` of y's shape; the graph is made anew in each run.
Tensor backward(const Tensor& y, const Tensor& x, const Tensor& gradient);

void add_limits(Pairs& pairs);
void add_dropout(Pairs& pairs);
void add_linear(Pairs& pairs);
void add_rows(Pairs& pairs);
void add_attention(Pairs& pairs);

}  // namespace espalier::bench
