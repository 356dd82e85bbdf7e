// One head of one example: O = dropout(softmax(s Q Kᵀ)) V, a block of queries at a time, and its backward, which makes the
// weights again from the rows' log-sum-exp (Dao et al. 2022, appendix B.2). Rows of other examples are never read, and of a
// causal head no key behind the block's last query.
#pragma once

#include "espalier/nn/kernels/vector.h"
#include "espalier/nn/kernels/vector/keep.h"
#include "espalier/nn/kernels/vector/product.h"

namespace espalier::kernels {

/// to [rows, padded width] <- from; what is added is 0.
template <class Isa>
inline void pack_rows(const float* from, int64_t stride, int64_t rows, int64_t width, float* to) {
  const int64_t across = padded<Isa>(width);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < across; j += Isa::kLanes) {
      store<Isa>(to + i * across + j, load<Isa>(from + i * stride + j, width - j));
    }
  }
}

/// to [width, padded rows] <- fromᵀ; what is added is 0.
template <class Isa>
inline void pack_columns(const float* from, int64_t stride, int64_t rows, int64_t width, float* to) {
  const int64_t across = padded<Isa>(rows);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < width; ++j) to[j * across + i] = from[i * stride + j];
  }
  for (int64_t j = 0; j < width; ++j) {
    for (int64_t i = rows; i < across; ++i) to[j * across + i] = 0;
  }
}

/// Pieces of one block of memory, each a whole number of widest vectors long.
template <class Isa>
class Pieces {
 public:
  explicit Pieces(float* memory) : next_(memory) {}
  float* take(int64_t floats) {
    float* piece = next_;
    next_ += (floats + 15) / 16 * 16;
    return piece;
  }

 private:
  float* next_;
};

/// to [rows, width], rows `stride` apart <- packed rows.
template <class Isa>
inline void unpack_rows(const float* from, int64_t rows, int64_t width, float* to, int64_t stride) {
  const int64_t across = padded<Isa>(width);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < width; j += Isa::kLanes) store<Isa>(to + i * stride + j, load<Isa>(from + i * across + j), width - j);
  }
}

/// The factors of dropout for the weights [rows, length] of queries first.., and a vector of zeros behind them. false: none
/// drops.
template <class Isa>
inline bool draw_factors(const AttentionHead& h, int64_t first, int64_t rows, float* factors) {
  if (h.keep.threshold == 0) return false;
  keep_factors<Isa>(h.keep, h.first_weight + first * h.length, rows * h.length, factors);
  store<Isa>(factors + rows * h.length, Floats<Isa>{});
  return true;
}

template <class Isa>
void attention_forward(const AttentionHead& h, float* memory) {
  constexpr int64_t kLanes = Isa::kLanes;
  const int64_t length = h.length, width = h.width, keys = padded<Isa>(length), across = padded<Isa>(width);
  Pieces<Isa> pieces(memory);
  float* key = pieces.take(width * keys);
  float* value = pieces.take(length * across);
  float* weights = pieces.take(kQueryBlock * keys);
  float* context = pieces.take(kQueryBlock * across);
  float* factors = pieces.take(kQueryBlock * length + kLanes);
  pack_columns<Isa>(h.key, h.stride, length, width, key);
  pack_rows<Isa>(h.value, h.stride, length, width, value);
  for (int64_t first = 0; first < h.queries; first += kQueryBlock) {
    const int64_t rows = h.queries - first < kQueryBlock ? h.queries - first : kQueryBlock;
    const int64_t seen = h.causal ? first + rows : length, lanes = padded<Isa>(seen);
    product<Isa>(rows, lanes, width, {h.query + first * h.stride, h.stride, 1}, key, keys, weights, keys);
    const bool drops = draw_factors<Isa>(h, first, rows, factors);
    for (int64_t i = 0; i < rows; ++i) {
      float* row = weights + i * keys;
      const int64_t own = h.causal ? first + i + 1 : length;
      Floats<Isa> top = splat<Isa>(-3.4e38F);
      for (int64_t j = 0; j < lanes; j += kLanes) {
        Floats<Isa> s = load<Isa>(row + j) * h.scale;
        s = first_lanes<Isa>(own - j) ? s : splat<Isa>(-3.4e38F);
        store<Isa>(row + j, s);
        top = maximum<Isa>(top, s);
      }
      const float highest = largest<Isa>(top);
      Floats<Isa> total{};
      for (int64_t j = 0; j < lanes; j += kLanes) {
        const Floats<Isa> e = exponential<Isa>(load<Isa>(row + j) - highest);
        store<Isa>(row + j, e);
        total += e;
      }
      const float all = sum<Isa>(total);
      const float inverse = 1.0F / all;
      for (int64_t j = 0; j < lanes; j += kLanes) {
        Floats<Isa> p = load<Isa>(row + j) * inverse;
        if (drops) p *= load<Isa>(factors + i * length + j);
        store<Isa>(row + j, p);
      }
      if (h.log_sum != nullptr) h.log_sum[first + i] = highest + __builtin_logf(all);
    }
    product<Isa>(rows, across, seen, {weights, keys, 1}, value, across, context, across);
    unpack_rows<Isa>(context, rows, width, h.output + first * h.output_stride, h.output_stride);
  }
}

template <class Isa>
void attention_backward(const AttentionHead& h, const AttentionGradients& g, float* memory) {
  constexpr int64_t kLanes = Isa::kLanes;
  const int64_t length = h.length, width = h.width, keys = padded<Isa>(length), across = padded<Isa>(width);
  Pieces<Isa> pieces(memory);
  float* key = pieces.take(length * across);
  float* key_columns = pieces.take(width * keys);
  float* value_columns = pieces.take(width * keys);
  float* dkey = pieces.take(length * across);
  float* dvalue = pieces.take(length * across);
  float* query = pieces.take(kQueryBlock * across);
  float* dcontext = pieces.take(kQueryBlock * across);
  float* dquery = pieces.take(kQueryBlock * across);
  float* weights = pieces.take(kQueryBlock * keys);
  float* dweights = pieces.take(kQueryBlock * keys);
  float* factors = pieces.take(kQueryBlock * length + kLanes);
  pack_rows<Isa>(h.key, h.stride, length, width, key);
  pack_columns<Isa>(h.key, h.stride, length, width, key_columns);
  pack_columns<Isa>(h.value, h.stride, length, width, value_columns);
  for (int64_t i = 0; h.causal && i < length * across; ++i) dkey[i] = dvalue[i] = 0;
  for (int64_t first = 0; first < h.queries; first += kQueryBlock) {
    const int64_t rows = h.queries - first < kQueryBlock ? h.queries - first : kQueryBlock;
    const float* output = h.output + first * h.output_stride;
    pack_rows<Isa>(h.query + first * h.stride, h.stride, rows, width, query);
    pack_rows<Isa>(g.output + first * h.output_stride, h.output_stride, rows, width, dcontext);
    const int64_t seen = h.causal ? first + rows : length, lanes = padded<Isa>(seen);
    product<Isa>(rows, lanes, width, {query, across, 1}, key_columns, keys, weights, keys);
    product<Isa>(rows, lanes, width, {dcontext, across, 1}, value_columns, keys, dweights, keys);
    const bool drops = draw_factors<Isa>(h, first, rows, factors);
    for (int64_t i = 0; i < rows; ++i) {
      // Σ_j P_ij dP_ij = dO_i · O_i, dropped or not.
      Floats<Isa> dot{};
      for (int64_t j = 0; j < across; j += kLanes) {
        dot += load<Isa>(dcontext + i * across + j) * load<Isa>(output + i * h.output_stride + j, width - j);
      }
      const int64_t own = h.causal ? first + i + 1 : length;
      const float delta = sum<Isa>(dot), log_sum = h.log_sum[first + i];
      for (int64_t j = 0; j < lanes; j += kLanes) {
        const Floats<Isa> p =
            masked<Isa>(exponential<Isa>(load<Isa>(weights + i * keys + j) * h.scale - log_sum), first_lanes<Isa>(own - j));
        Floats<Isa> d = load<Isa>(dweights + i * keys + j);
        Floats<Isa> kept = p;
        if (drops) {
          const Floats<Isa> f = load<Isa>(factors + i * length + j);
          kept *= f;
          d *= f;
        }
        store<Isa>(weights + i * keys + j, kept);
        store<Isa>(dweights + i * keys + j, p * (d - delta) * h.scale);
      }
    }
    const bool more = h.causal || first > 0;
    product<Isa>(seen, across, rows, {weights, 1, keys}, dcontext, across, dvalue, across, more);
    product<Isa>(seen, across, rows, {dweights, 1, keys}, query, across, dkey, across, more);
    product<Isa>(rows, across, seen, {dweights, keys, 1}, key, across, dquery, across);
    unpack_rows<Isa>(dquery, rows, width, g.query + first * g.stride, g.stride);
  }
  unpack_rows<Isa>(dkey, length, width, g.key, g.stride);
  unpack_rows<Isa>(dvalue, length, width, g.value, g.stride);
}

}  // namespace espalier::kernels
