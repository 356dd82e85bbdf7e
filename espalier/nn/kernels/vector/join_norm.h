// y = norm(stream + dropout(branch)) ⊙ w + b, row by row, and its backward (Ba et al. 2016, section 3).
#pragma once

#include "espalier/nn/kernels/vector.h"
#include "espalier/nn/kernels/vector/keep.h"

namespace espalier::kernels {

template <class Isa>
void join_norm_forward(const JoinNorm& a, int64_t begin, int64_t end, float* factors) {
  constexpr int64_t kLanes = Isa::kLanes;
  const int64_t width = a.width;
  for (int64_t row = begin; row < end; ++row) {
    const float* branch = a.branch + row * width;
    const float* stream = a.stream == nullptr ? nullptr : a.stream + row * width;
    const bool adds = a.sum != nullptr;
    const float* z = adds ? a.sum + row * width : branch;
    float* y = a.y + row * width;
    if (a.keep.threshold > 0) keep_factors<Isa>(a.keep, row * width, width, factors);
    Floats<Isa> total{};
    for (int64_t j = 0; j < width; j += kLanes) {
      const int64_t n = width - j;
      Floats<Isa> v = load<Isa>(branch + j, n);
      if (a.keep.threshold > 0) v *= load<Isa>(factors + j, n);
      if (stream != nullptr) v += load<Isa>(stream + j, n);
      if (adds) store<Isa>(a.sum + row * width + j, v, n);
      total += v;
    }
    const float mean = sum<Isa>(total) / float(width);
    Floats<Isa> squares{};
    for (int64_t j = 0; j < width; j += kLanes) {
      const Floats<Isa> d = masked<Isa>(load<Isa>(z + j, width - j) - mean, first_lanes<Isa>(width - j));
      squares += d * d;
    }
    const float scale = 1.0F / __builtin_sqrtf(sum<Isa>(squares) / float(width) + a.epsilon);
    for (int64_t j = 0; j < width; j += kLanes) {
      const int64_t n = width - j;
      const Floats<Isa> unit = (load<Isa>(z + j, n) - mean) * scale;
      store<Isa>(y + j, unit * load<Isa>(a.weight + j, n) + load<Isa>(a.bias + j, n), n);
    }
    a.mean[row] = mean;
    a.scale[row] = scale;
  }
}

/// With u = (z - mean) scale and g = dy ⊙ w: dz = scale (g - mean(g) - u mean(g u)); the branch's is dz ⊙ kept.
template <class Isa>
void join_norm_backward(const JoinNormBackward& a, int64_t begin, int64_t end, float* factors) {
  constexpr int64_t kLanes = Isa::kLanes;
  const int64_t width = a.width;
  for (int64_t row = begin; row < end; ++row) {
    const float* dy = a.dy + row * width;
    const float* z = a.sum + row * width;
    const float mean = a.mean[row], scale = a.scale[row];
    Floats<Isa> total{}, product{};
    for (int64_t j = 0; j < width; j += kLanes) {
      const int64_t n = width - j;
      const Floats<Isa> d = load<Isa>(dy + j, n), g = d * load<Isa>(a.weight + j, n);
      const Floats<Isa> unit = (load<Isa>(z + j, n) - mean) * scale;
      total += g;  // lanes beyond the width hold dy = 0
      product += g * unit;
      if (a.dweight != nullptr) {
        store<Isa>(a.dweight + j, load<Isa>(a.dweight + j, n) + d * unit, n);
        store<Isa>(a.dbias + j, load<Isa>(a.dbias + j, n) + d, n);
      }
    }
    if (a.dsum == nullptr) continue;
    const float first = sum<Isa>(total) / float(width), second = sum<Isa>(product) / float(width);
    float* dz = a.dsum + row * width;
    if (a.keep.threshold > 0) keep_factors<Isa>(a.keep, row * width, width, factors);
    for (int64_t j = 0; j < width; j += kLanes) {
      const int64_t n = width - j;
      const Floats<Isa> g = load<Isa>(dy + j, n) * load<Isa>(a.weight + j, n);
      const Floats<Isa> unit = (load<Isa>(z + j, n) - mean) * scale;
      const Floats<Isa> d = (g - first - unit * second) * scale;
      store<Isa>(dz + j, d, n);
      if (a.keep.threshold > 0) store<Isa>(a.dbranch + row * width + j, d * load<Isa>(factors + j, n), n);
    }
  }
}

}  // namespace espalier::kernels
