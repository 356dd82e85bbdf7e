#!/usr/bin/env bash
# Builds the libFuzzer programs (preset fuzz: clang, address and undefined-behaviour sanitizers) and runs them.
#   scripts/fuzz.sh [SECONDS] [TARGET...]          replays the committed inputs of each target, then fuzzes it (10 s)
#   scripts/fuzz.sh --runs N [TARGET...]           until each has had N executions in all; killed and called again, it goes on
#   scripts/fuzz.sh --built ...                    the same, with the programs as they were built last
#   scripts/fuzz.sh --figures                      what has been run so far
# What is found is kept in tests/fuzz/found/TARGET and ends the run; what is new in coverage, in build/fuzz/corpus/TARGET.
# --runs takes programs without sanitizers (preset fuzz-fast: the standard library's assertions alone), five times as
# fast, and gives every input that reached something new to the ones with sanitizers, slice by slice.
source "$(dirname "$0")/common.sh"

seconds=10 runs=0 figures=0 built=0
if [[ ${1:-} == --built ]]; then built=1 && shift; fi
case ${1:-} in
  --runs) runs=$2 && shift 2 ;;
  --figures) figures=1 && shift ;;
  [0-9]*) seconds=$1 && shift ;;
esac
all=()
for file in tests/fuzz/*_fuzz.cc; do all+=("$(basename "$file" _fuzz.cc)"); done
targets=("$@")
if ((${#targets[@]} == 0)); then targets=("${all[@]}"); fi

state=build/fuzz/state
slice=500000 # executions between two savings of the count
timeout=60   # seconds by the clock for one input

# count PRESET TARGET: executions of its program so far. total TARGET: of both.
count() { cat "$state/$2.$1" 2>/dev/null || printf 0; }
total() { printf '%s' "$(($(count fuzz "$1") + $(count fuzz-fast "$1")))"; }

show_figures() {
  printf '%-14s %14s %14s %8s %8s %9s\n' target executions sanitized edges inputs findings
  local target
  for target in "${all[@]}"; do
    printf '%-14s %14s %14s %8s %8s %9s\n' "$target" "$(total "$target")" "$(count fuzz "$target")" \
      "$(cat "$state/$target.edges" 2>/dev/null || printf -- -)" \
      "$(find "build/fuzz/corpus/$target" -type f 2>/dev/null | wc -l)" "$(find "tests/fuzz/found/$target" -type f 2>/dev/null | wc -l)"
  done
}

# Short stacks and a quarantine of 16 MB, some hundred executions, cost no finding: an input that is found can be given again with
# ASan's own defaults. libtorch brings types twice, which says nothing of ours.
asan=detect_odr_violation=0:malloc_context_size=4:quarantine_size_mb=16

# fuzz PRESET TARGET FLAG...: one call of its program; adds to the count what it did.
fuzz() {
  local preset=$1 target=$2 log=$state/$2.log status=0
  shift 2
  if [[ ! -x build/$preset/tests/fuzz_$target ]]; then fail "$target is not built yet" "scripts/fuzz.sh without --built"; fi
  mkdir -p "$state" "build/fuzz/corpus/$target" "tests/fuzz/found/$target"
  local folders=("build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" "tests/fuzz/found/$target")
  TMPDIR=$scratch ASAN_OPTIONS=$asan "build/$preset/tests/fuzz_$target" "$@" -max_len=4096 -timeout="$timeout" \
    -report_slow_units="$timeout" \
    -rss_limit_mb=4096 -malloc_limit_mb=1024 -print_final_stats=1 -artifact_prefix="tests/fuzz/found/$target/" "${folders[@]}" \
    >"$log" 2>&1 || status=$?
  rmdir --ignore-fail-on-non-empty "tests/fuzz/found/$target" tests/fuzz/found
  local done edges
  done=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  edges=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1 | cut -d ' ' -f 2 || true)
  printf '%s' "$(($(count "$preset" "$target") + ${done:-0}))" >"$state/$target.$preset"
  if [[ -n $edges ]]; then printf '%s' "$edges" >"$state/$target.edges"; fi
  if ((status != 0)); then
    tail -n 40 "$log" >&2
    fail "$target: a finding, kept in tests/fuzz/found/$target" "build/fuzz/tests/fuzz_$target tests/fuzz/found/$target/<file>"
  fi
  say "$target: ${done:-0} executions, $edges edges; $(total "$target") in all"
}

if ((figures)); then
  show_figures
  exit
fi
if ((!built)); then
  clang=$(scripts/clang.sh)
  PRESET=release scripts/build.sh espalier # the layers that are not fuzzed themselves: cmake/fuzz.cmake
  for preset in fuzz $( ((runs > 0)) && printf fuzz-fast); do
    ESPALIER_WERROR=OFF CMAKE_CXX_COMPILER=$clang PRESET=$preset scripts/build.sh "${targets[@]/#/fuzz_}"
  done
fi
scratch=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) # in memory where that is possible
trap 'rm -rf "$scratch"' EXIT
for target in "${targets[@]}"; do
  if ((runs == 0)); then
    fuzz fuzz "$target" -seed=1 -max_total_time="$seconds" # the same inputs for the same commit
    continue
  fi
  timeout=1200 # in the background an input may wait for the processor
  while (($(total "$target") < runs)); do
    left=$((runs - $(total "$target")))
    fuzz fuzz-fast "$target" -runs=$((left < slice ? left : slice)) -entropic=0 # whose books cost a fifth to a third of the time
    fuzz fuzz "$target" -runs=0
  done
done
