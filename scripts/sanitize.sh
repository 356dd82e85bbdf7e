#!/usr/bin/env bash
# Tests under sanitizers. A finding ends the test program; nothing of ours is silenced.
#   scripts/sanitize.sh            as the checks do: address and undefined behaviour over the layers without libtorch and the
#                                  replay of the fuzz inputs, then threads over those that use threads
#   scripts/sanitize.sh --all      address and undefined behaviour over every test, also those of the torch layers
source "$(dirname "$0")/common.sh"

free=(base io text metrics report) # without libtorch
threads=(base io text report)

# run PRESET NAME...: builds and runs tests of a preset.
run() {
  local preset=$1 name
  shift
  local compiler= strict=${ESPALIER_WERROR:-OFF}
  if [[ $preset == fuzz ]]; then compiler=$clang strict=OFF; fi # warnings are judged by g++
  ESPALIER_WERROR=$strict CMAKE_CXX_COMPILER=$compiler PRESET=$preset scripts/build.sh "${@/#/test_}"
  for name in "$@"; do
    say "$preset: test_$name"
    "build/$preset/tests/test_$name" --gtest_brief=1
  done
}

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1
clang=$(scripts/clang.sh)
if [[ ${1:-} == --all ]]; then
  # libtorch is not built with the sanitizer: what it never frees is its own.
  export LSAN_OPTIONS=suppressions=$PWD/scripts/libtorch.supp
  run fuzz "${free[@]}" nn models peft pruning privacy data train recipe battery fuzz
  exit
fi
run fuzz "${free[@]}"
run tsan "${threads[@]}"
