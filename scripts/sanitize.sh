#!/usr/bin/env bash
# The tests of the layers without libtorch under the address and undefined-behaviour sanitizers (preset fuzz: clang). A finding
# ends the test program; nothing is suppressed. Then those of them that start threads under the thread sanitizer (preset tsan).
source "$(dirname "$0")/common.sh"

layers=(base io text metrics report)

clang=$(scripts/clang.sh)
# Warnings are judged by the release build: clang has others, and g++ warns of what is not so when a sanitizer rewrites the code.
export ESPALIER_WERROR=OFF
CMAKE_CXX_COMPILER=$clang PRESET=fuzz scripts/build.sh "${layers[@]/#/test_}"
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
for layer in "${layers[@]}"; do
  say "test_$layer"
  "build/fuzz/tests/test_$layer" --gtest_brief=1
done

PRESET=tsan scripts/build.sh test_base test_text
for layer in base text; do
  say "test_$layer, threads"
  TSAN_OPTIONS=halt_on_error=1 "build/tsan/tests/test_$layer" --gtest_brief=1
done
