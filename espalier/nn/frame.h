// Frame: which packed rows belong to which example. Rows of all examples lie one after the other, [N, D]; no padding
// exists, so padding can never change a result.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace espalier {

using at::Tensor;

/// A run of neighbouring examples of equal length: attention handles it as one dense block.
struct Group {
  int64_t first = 0;   ///< index of the first example
  int64_t count = 0;   ///< number of examples
  int64_t length = 0;  ///< rows of each
  int64_t row = 0;     ///< first row
};

struct Frame {
  std::vector<int64_t> offsets{0};  ///< example i owns rows offsets[i] .. offsets[i+1]
  Tensor positions;                 ///< [N] int64: position of each row; -1 = none (prompts)
  int64_t prompts = 0;              ///< rows that methods put in front of each example; heads and losses skip them

  int64_t examples() const { return static_cast<int64_t>(offsets.size()) - 1; }
  int64_t rows() const { return offsets.back(); }
  int64_t length(int64_t example) const { return offsets[size_t(example) + 1] - offsets[size_t(example)]; }
  std::vector<Group> groups() const;
  /// [B] int64: the first row of each example that is not a prompt.
  Tensor first_rows() const;
  /// int64: the rows that are no prompts, in order.
  Tensor text_rows() const;
  /// [N] int64: the example of each row.
  Tensor owners() const;
};

/// Positions 0, 1, 2, … within each example. `lengths` are rows of each example.
std::shared_ptr<Frame> make_frame(const std::vector<int64_t>& lengths);
/// `count` more prompts, at position -1, in front of each example.
std::shared_ptr<Frame> with_prompts(const Frame& frame, int64_t count);
/// One row for each example: what heads see after pooling.
std::shared_ptr<Frame> pooled_frame(int64_t examples);

}  // namespace espalier
