// bench_micro: Google Benchmark's own options; --benchmark_out=FILE --benchmark_out_format=json writes what bench/roofline reads.
#include <benchmark/benchmark.h>

#include "bench/micro/pair.h"
#include "espalier/base/machine.h"

int main(int argc, char** argv) {
  using namespace espalier::bench;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("processor", espalier::processor_name());
  benchmark::AddCustomContext("threads", fmt::format("{}", at::get_num_threads()));
  Pairs pairs;
  add_limits(pairs);
  add_dropout(pairs);
  add_linear(pairs);
  add_rows(pairs);
  add_attention(pairs);
  benchmark::RunSpecifiedBenchmarks();
}
