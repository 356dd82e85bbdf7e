#!/usr/bin/env bash
# Tests under sanitizers: a finding ends the test program, and nothing is suppressed.
#   scripts/sanitize.sh          address and undefined behaviour (preset fuzz: clang) over the layers without libtorch and over nn,
#                                where raw pointers are; then the thread sanitizer (preset tsan) over those that start threads
#   scripts/sanitize.sh --all    address and undefined behaviour over every layer's tests: by hand, half an hour of two cores
source "$(dirname "$0")/common.sh"

layers=(base io text metrics report nn)
if [[ ${1:-} == --all ]]; then layers+=(models peft pruning privacy data train recipe battery fuzz); fi

clang=$(scripts/clang.sh)
# Warnings are judged by the release build: clang has others, and g++ warns of what is not so when a sanitizer rewrites the code.
export ESPALIER_WERROR=OFF OMP_NUM_THREADS=1
# libtorch itself is not instrumented: what it does with its own memory is not looked at, what our code does with its tensors is.
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1

CMAKE_CXX_COMPILER=$clang PRESET=fuzz scripts/build.sh "${layers[@]/#/test_}"
for layer in "${layers[@]}"; do
  say "test_$layer"
  "build/fuzz/tests/test_$layer" --gtest_brief=1
done
if [[ ${1:-} == --all ]]; then exit; fi

PRESET=tsan scripts/build.sh test_base test_text
for layer in base text; do
  say "test_$layer, threads"
  TSAN_OPTIONS=halt_on_error=1 "build/tsan/tests/test_$layer" --gtest_brief=1
done
