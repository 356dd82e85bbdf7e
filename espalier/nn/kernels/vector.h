// Loops over raw memory in vector code, compiled once for each instruction set and chosen when the program starts: the widest
// that the processor has, or the one that the environment variable ESPALIER_ISA names (avx512, avx2, plain). All of float32.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace espalier::kernels {

/// Inverted dropout: element e stays when its word of the generator is at least `threshold`; what stays is multiplied by
/// `factor`. threshold 0: nothing is dropped.
struct Keep {
  uint64_t key = 0;
  uint32_t threshold = 0;
  float factor = 1;
};
/// Drops with `probability`; 0 and less: all is kept; 1 and more: all but one in 2^32 is dropped, and what stays counts 0.
Keep make_keep(double probability, uint64_t key);

/// Rows of y = norm(stream + dropout(branch)) ⊙ w + b. All [N, width] without gaps.
struct JoinNorm {
  const float* branch;
  const float* stream;  ///< null: none
  const float* weight;  ///< [width]
  const float* bias;    ///< [width]
  int64_t width;
  float epsilon;
  Keep keep;
  float* sum;  ///< what is normalised; null: the branch itself, nothing being added or dropped
  float* y;
  float* mean;   ///< [N]
  float* scale;  ///< [N]: 1 / sqrt(var + epsilon)
};
struct JoinNormBackward {
  const float* dy;
  const float* sum;
  const float* mean;
  const float* scale;
  const float* weight;
  int64_t width;
  Keep keep;
  float* dsum;     ///< the stream's gradient; null: not wanted
  float* dbranch;  ///< written only where something is dropped
  float* dweight;  ///< [width], added to; null: not wanted
  float* dbias;    ///< with dweight
};

/// Queries that attention handles at a time.
inline constexpr int64_t kQueryBlock = 32;

/// One head of one example: rows of `width` numbers, `stride` apart.
struct AttentionHead {
  const float* query;
  const float* key;
  const float* value;
  int64_t stride;
  int64_t queries;  ///< rows of the query: `length`, or fewer
  int64_t length;   ///< rows of key and value
  int64_t width;
  float scale;
  bool causal = false;  ///< query i sees keys 0 .. i; with as many queries as keys
  Keep keep;
  int64_t first_weight;  ///< number of the head's first attention weight in the generator's sequence
  float* output;
  int64_t output_stride;
  float* log_sum;  ///< [queries], each row's log-sum-exp; forward: null when no backward follows
};
struct AttentionGradients {
  const float* output;  ///< dL/dO, laid out as the head's output
  float* query;
  float* key;
  float* value;
  int64_t stride;
};
/// Numbers of working memory that one head needs, forwards and backwards.
int64_t attention_memory(int64_t length, int64_t width);

struct VectorKernels {
  const char* name;
  void (*keep_words)(uint64_t key, uint64_t block, uint32_t* words);  ///< the generator's 64 words of a block
  void (*drop)(const float* x, float* y, int64_t first, int64_t count, const Keep& keep);
  void (*gelu)(const float* x, float* y, int64_t count, bool by_tanh);
  void (*gelu_backward)(const float* x, const float* dy, float* dx, int64_t count, bool by_tanh);
  void (*join_norm)(const JoinNorm&, int64_t begin, int64_t end, float* row);  ///< rows begin..end; `row`: width + 16 numbers
  void (*join_norm_backward)(const JoinNormBackward&, int64_t begin, int64_t end, float* row);
  void (*attention)(const AttentionHead&, float* memory);
  void (*attention_backward)(const AttentionHead&, const AttentionGradients&, float* memory);
};

/// The chosen ones. A usage Error when ESPALIER_ISA names none, or one that the processor lacks.
const VectorKernels& vector_kernels();
/// All that this processor can run, widest first.
std::vector<const VectorKernels*> runnable_kernels();

}  // namespace espalier::kernels
