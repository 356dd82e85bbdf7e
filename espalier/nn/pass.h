// Pass: the explicit context of one forward trip; the only mutable thing that travels. No globals, no thread-locals.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "espalier/nn/frame.h"

namespace espalier {

class Cache;
class Recorder;
class SharedBias;
struct Memory;

/// Where draws come from: each is a function of (seed, place, step, micro-batch, use), never of order or thread count.
struct Random {
  uint64_t seed = 1;
  int64_t step = 0;
  int64_t micro_batch = 0;
};

/// What frozen products compute in; the residual stream and all trained numbers keep the dtype of the leaves.
enum class Precision : uint8_t { exact, bf16 };

struct Pass {
  bool train = false;                      ///< dropout is on
  bool first_rows = false;                 ///< only each example's first hidden row is read: the last block may give [B, D]
  bool composed = false;                   ///< plain differentiable ATen only: double backward, fp64 oracles
  Precision precision = Precision::exact;  ///< bf16: products with frozen weights in bfloat16, accumulated in fp32
  Random random;
  std::shared_ptr<const Frame> frame;  ///< of the running stack; shared, since the backward of an op may outlive its scope
  Recorder* recorder = nullptr;        ///< told of every primitive that reads a parameter
  Cache* cache = nullptr;              ///< keys and values of rows that were read before, while a decoder writes further ones
  const Memory* memory = nullptr;      ///< what cross attention reads
  SharedBias* bias = nullptr;          ///< what the running stack adds to the scores of its attentions, where it adds something
  bool stopped = false;                ///< set by early exit; stacks end after the running block

  /// Key of the next draw at `place`: the n-th call of a pass with the same place gives the n-th key.
  uint64_t draw(std::string_view place);

 private:
  std::unordered_map<uint64_t, uint64_t> uses_;
};

/// Swaps in another stack's frame until destroyed.
class FrameScope {
 public:
  FrameScope(Pass& pass, std::shared_ptr<const Frame> frame) : pass_(pass), saved_(std::move(pass.frame)) {
    pass_.frame = std::move(frame);
  }
  ~FrameScope() { pass_.frame = std::move(saved_); }
  FrameScope(const FrameScope&) = delete;
  FrameScope& operator=(const FrameScope&) = delete;

 private:
  Pass& pass_;
  std::shared_ptr<const Frame> saved_;
};

}  // namespace espalier
