// bench_micro: Google Benchmark's own options; --benchmark_out=FILE --benchmark_out_format=json writes what bench/roofline reads.
// Its context holds the limits of the machine as they were measured in the same process.
#include <benchmark/benchmark.h>

#include <chrono>

#include "bench/micro/pair.h"
#include "espalier/nn/kernels/throughput.h"

namespace espalier::bench {
namespace {

/// GB/s of y ← x over 256 MB each, reads and writes counted; the best of several.
double copy_bandwidth() {
  const Tensor x = at::ones({int64_t(1) << 26}), y = at::empty_like(x);
  double best = 1e9;
  for (int i = 0; i < 8; ++i) {
    const auto start = std::chrono::steady_clock::now();
    y.copy_(x);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return 2e-9 * double(x.nbytes()) / best;
}

void add_limits() {
  const auto add = [](const char* name, double value) { benchmark::AddCustomContext(name, fmt::format("{:.1f}", value)); };
  add("limit_gflops_fp32", kernels::frozen_gflops(Precision::exact, 1024, 768, 3072));
  add("limit_gflops_bf16", kernels::frozen_gflops(Precision::bf16, 1024, 768, 3072));
  add("limit_gigabytes_per_second", copy_bandwidth());
  benchmark::AddCustomContext("threads", fmt::format("{}", at::get_num_threads()));
}

}  // namespace
}  // namespace espalier::bench

int main(int argc, char** argv) {
  using namespace espalier::bench;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  add_limits();
  Pairs pairs;
  add_dropout(pairs);
  add_linear(pairs);
  add_rows(pairs);
  add_attention(pairs);
  benchmark::RunSpecifiedBenchmarks();
}
