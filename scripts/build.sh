#!/usr/bin/env bash
# Configures and builds one preset of CMakePresets.json: PRESET=release (default), debug, asan, tsan, fuzz; all of it, or the
# targets that are named. ESPALIER_WERROR=ON makes warnings errors. JOBS=n limits the compilers that run at once.
# CMAKE_CXX_COMPILER names another compiler.
source "$(dirname "$0")/common.sh"

preset=${PRESET:-release}
torch=${TORCH_PREFIX:-$(compgen -G ".venv/lib/python3*/site-packages/torch" | head -n 1 || true)}
if [[ -n $torch ]]; then torch=$(realpath "$torch"); fi
options=("-DTORCH_PREFIX=$torch" "-DESPALIER_WERROR=${ESPALIER_WERROR:-OFF}")
if [[ -n ${CMAKE_CXX_COMPILER:-} ]]; then options+=("-DCMAKE_CXX_COMPILER=$CMAKE_CXX_COMPILER"); fi

# One compiler with libtorch's headers takes up to 1.3 GB.
memory=$(awk '/^MemAvailable/ { print int($2 / 1300000) }' /proc/meminfo)
jobs=${JOBS:-$(nproc)}
if ((jobs > memory && memory > 0)); then jobs=$memory; fi

configured=build/$preset/.options
if [[ ! -f build/$preset/build.ninja || ! -f $configured || $(<"$configured") != "${options[*]}" ]]; then
  mkdir -p "build/$preset"
  cmake --preset "$preset" "${options[@]}" >"build/$preset/configure.log" 2>&1 || {
    cat "build/$preset/configure.log" >&2
    fail "CMake could not configure the preset $preset"
  }
  printf '%s' "${options[*]}" >"$configured"
fi
cmake --build "build/$preset" --parallel "$jobs" ${1:+--target "$@"}
