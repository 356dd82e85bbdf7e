#include "bench/micro/pair.h"

#include <benchmark/benchmark.h>

namespace espalier::bench {
namespace {

void measure(const std::string& name, const Work& work, const Prepare& prepare) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [work, prepare](benchmark::State& state) {
                                 const Run run = prepare();
                                 run();  // packs weights and compiles kernels
                                 for (auto _ : state) run();
                                 using benchmark::Counter;
                                 state.counters["flops"] = Counter(work.operations, Counter::kIsIterationInvariantRate);
                                 state.counters["bytes"] = Counter(work.bytes, Counter::kIsIterationInvariantRate);
                                 state.counters["intensity"] = work.bytes > 0 ? work.operations / work.bytes : 0;
                                 state.SetLabel(work.limit);
                               })
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

Shape shape(std::string name, int64_t width, int64_t heads) {
  // Sorted lengths of 32 sentences with the mean and spread of SST-2's training sentences in word pieces.
  std::vector<int64_t> lengths{4,  4,  4,  5,  5,  5,  6,  6,  6,  7,  7,  8,  8,  9,  9,  10,
                               10, 11, 12, 12, 13, 14, 15, 16, 18, 19, 21, 23, 26, 29, 33, 41};
  int64_t rows = 0;
  for (const int64_t length : lengths) rows += length;
  return {std::move(name), width, 4 * width, heads, lengths, rows};
}

}  // namespace

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all{shape("minilm", 384, 12), shape("bert-base", 768, 12)};
  return all;
}

void Pairs::add(const Work& work, const Prepare& ours, const Prepare& theirs) {
  const std::string base = work.kernel + "/" + work.shape.name + "/";
  measure(base + "espalier", work, ours);
  measure(base + work.theirs, work, theirs);
}

void Pairs::add_limit(const std::string& name, const Work& work, const Prepare& prepare) {
  measure("limit/" + name, work, prepare);
}

Tensor random(at::IntArrayRef sizes, bool differentiable) { return at::randn(sizes).requires_grad_(differentiable); }

Tensor backward(const Tensor& y, const Tensor& x, const Tensor& gradient) {
  return torch::autograd::grad({y}, {x}, {gradient})[0];
}

}  // namespace espalier::bench
