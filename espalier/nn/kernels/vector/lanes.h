// Vectors of one instruction set, in the compiler's own vector types. Kernels are templates over `Isa`, a type local to one
// source file, so that no function compiled for one instruction set is ever merged with that of another.
#pragma once

#include <cstdint>

namespace espalier::kernels {

template <int kLanes>
struct VectorTypes {
  typedef float Floats __attribute__((vector_size(4 * kLanes)));
  typedef int32_t Ints __attribute__((vector_size(4 * kLanes)));
  typedef uint32_t Words __attribute__((vector_size(4 * kLanes)));
};

template <class Isa>
using Floats = typename VectorTypes<Isa::kLanes>::Floats;
template <class Isa>
using Ints = typename VectorTypes<Isa::kLanes>::Ints;
template <class Isa>
using Words = typename VectorTypes<Isa::kLanes>::Words;

template <class Isa>
inline Floats<Isa> load(const float* from) {
  Floats<Isa> v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}
/// The first `count` lanes; the others are 0.
template <class Isa>
inline Floats<Isa> load(const float* from, int64_t count) {
  if (count >= Isa::kLanes) return load<Isa>(from);
  Floats<Isa> v{};
  for (int64_t i = 0; i < count; ++i) v[i] = from[i];
  return v;
}
template <class Isa>
inline void store(float* to, Floats<Isa> v) {
  __builtin_memcpy(to, &v, sizeof v);
}
template <class Isa>
inline void store(float* to, Floats<Isa> v, int64_t count) {
  if (count >= Isa::kLanes) return store<Isa>(to, v);
  for (int64_t i = 0; i < count; ++i) to[i] = v[i];
}
template <class Isa>
inline Floats<Isa> splat(float x) {
  return x - Floats<Isa>{};
}
/// All lanes joined by `join`, halves upon halves.
template <class Isa, class Join>
inline float across(Floats<Isa> v, Join join) {
  float lanes[Isa::kLanes];
  store<Isa>(lanes, v);
#pragma GCC unroll 4
  for (int half = Isa::kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] = join(lanes[i], lanes[i + half]);
  }
  return lanes[0];
}
template <class Isa>
inline float sum(Floats<Isa> v) {
  return across<Isa>(v, [](float a, float b) { return a + b; });
}
template <class Isa>
inline float largest(Floats<Isa> v) {
  return across<Isa>(v, [](float a, float b) { return a > b ? a : b; });
}
template <class Isa>
inline Floats<Isa> maximum(Floats<Isa> a, Floats<Isa> b) {
  return a > b ? a : b;
}
/// `v` where `mask` is all ones, 0 where it is 0.
template <class Isa>
inline Floats<Isa> masked(Floats<Isa> v, Ints<Isa> mask) {
  return Floats<Isa>(Ints<Isa>(v) & mask);
}
/// All ones in the first `count` lanes, 0 in the others.
template <class Isa>
inline Ints<Isa> first_lanes(int64_t count) {
  Ints<Isa> number{};
  for (int i = 0; i < Isa::kLanes; ++i) number[i] = i;
  return number < int32_t(count < Isa::kLanes ? count : Isa::kLanes);
}
/// n rounded up to a whole number of vectors.
template <class Isa>
constexpr int64_t padded(int64_t n) {
  return (n + Isa::kLanes - 1) / Isa::kLanes * Isa::kLanes;
}

/// e^x to 2 units in the last place; 0 below -87.3.
template <class Isa>
inline Floats<Isa> exponential(Floats<Isa> x) {
  constexpr float kLow = -87.3F, kHigh = 88.3F, kRound = 12582912.0F;  // 1.5 · 2^23: adding it leaves an integer in the low bits
  const Ints<Isa> normal = ~Ints<Isa>(x <= splat<Isa>(kLow));          // comparisons are written so that NaN stays NaN
  x = x < splat<Isa>(kLow) ? splat<Isa>(kLow) : x;
  x = x > splat<Isa>(kHigh) ? splat<Isa>(kHigh) : x;
  const Floats<Isa> shifted = x * 1.44269504F + kRound;
  const Floats<Isa> n = shifted - kRound;
  const Floats<Isa> r = (x - n * 0.693359375F) + n * 2.12194440e-4F;  // ln 2 in two parts, the first exact
  Floats<Isa> p = r * (1.0F / 5040) + (1.0F / 720);
  p = p * r + (1.0F / 120);
  p = p * r + (1.0F / 24);
  p = p * r + (1.0F / 6);
  p = p * r + 0.5F;
  p = p * r * r + r + 1.0F;
  const Ints<Isa> power = (Ints<Isa>(shifted) - Ints<Isa>(splat<Isa>(kRound)) + 127) << 23;
  return masked<Isa>(p * Floats<Isa>(power), normal);
}

}  // namespace espalier::kernels
