// Small dense products C (+)= A B out of the cache, A read with any strides, B and C in rows of whole vectors.
#pragma once

#include "espalier/nn/kernels/vector/lanes.h"

namespace espalier::kernels {

/// A matrix read element by element: element (i, j) at data[i · row + j · column].
struct Strided {
  const float* data;
  int64_t row, column;
};

template <class Isa, int kRows, int kVectors>
inline void product_tile(int64_t inner, Strided a, const float* b, int64_t b_row, float* c, int64_t c_row, bool accumulate) {
  Floats<Isa> sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] = accumulate ? load<Isa>(c + r * c_row + v * Isa::kLanes) : Floats<Isa>{};
    }
  }
  for (int64_t k = 0; k < inner; ++k) {
    Floats<Isa> right[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) right[v] = load<Isa>(b + k * b_row + v * Isa::kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const float left = a.data[r * a.row + k * a.column];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[r][v] += left * right[v];
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) store<Isa>(c + r * c_row + v * Isa::kLanes, sums[r][v]);
  }
}

template <class Isa, int kVectors>
inline void product_columns(int64_t rows, int64_t inner, Strided a, const float* b, int64_t b_row, float* c, int64_t c_row,
                            bool accumulate) {
  int64_t i = 0;
  const auto from = [&](int64_t row) { return Strided{a.data + row * a.row, a.row, a.column}; };
  for (; i + Isa::kRows <= rows; i += Isa::kRows) {
    product_tile<Isa, Isa::kRows, kVectors>(inner, from(i), b, b_row, c + i * c_row, c_row, accumulate);
  }
  if (Isa::kRows > 4 && i + 4 <= rows) {
    product_tile<Isa, 4, kVectors>(inner, from(i), b, b_row, c + i * c_row, c_row, accumulate);
    i += 4;
  }
  if (i + 2 <= rows) {
    product_tile<Isa, 2, kVectors>(inner, from(i), b, b_row, c + i * c_row, c_row, accumulate);
    i += 2;
  }
  if (i < rows) product_tile<Isa, 1, kVectors>(inner, from(i), b, b_row, c + i * c_row, c_row, accumulate);
}

/// C [rows, columns] (+)= A [rows, inner] B [inner, columns]; columns a whole number of vectors.
template <class Isa>
inline void product(int64_t rows, int64_t columns, int64_t inner, Strided a, const float* b, int64_t b_row, float* c,
                    int64_t c_row, bool accumulate = false) {
  int64_t j = 0;
  for (; j + 2 * Isa::kLanes <= columns; j += 2 * Isa::kLanes) {
    product_columns<Isa, 2>(rows, inner, a, b + j, b_row, c + j, c_row, accumulate);
  }
  if (j < columns) product_columns<Isa, 1>(rows, inner, a, b + j, b_row, c + j, c_row, accumulate);
}

}  // namespace espalier::kernels
