#!/usr/bin/env bash
# Builds bench_micro and runs it: each kernel beside what it replaces in libtorch, then the roofline of the results.
# What is given goes to Google Benchmark, such as --benchmark_filter=attention. Writes build/bench/micro.json and roofline.svg.
# Google Benchmark is a package that nothing else needs (0.3 MB to download); where it is missing it is installed, and said so.
source "$(dirname "$0")/common.sh"

if ! compgen -G '/usr/include/benchmark/benchmark.h' >/dev/null; then
  as_root=
  if ((EUID != 0)); then as_root=sudo; fi
  say "installing libbenchmark-dev"
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libbenchmark-dev >/dev/null ||
    fail "apt-get could not install libbenchmark-dev" "${as_root:+$as_root }apt-get install libbenchmark-dev"
  touch CMakeLists.txt # so that CMake looks for it again
fi
scripts/build.sh bench_micro
mkdir -p build/bench
build/release/bench/bench_micro --benchmark_out=build/bench/micro.json --benchmark_out_format=json \
  --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true --benchmark_min_time=0.02 \
  --benchmark_display_aggregates_only=true "$@"
if (($# == 0)); then
  bench/roofline build/bench/micro.json build/bench/roofline.svg
  say "drawn: build/bench/roofline.svg"
fi
