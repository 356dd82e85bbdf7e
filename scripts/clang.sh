#!/usr/bin/env bash
# Prints the clang++ that fuzzing and the sanitizers use; CLANG=<compiler> names another. Where there is none, Debian's is
# installed first, and said so: at most 12 MB to download and 60 MB of disk beside clang-format, which setup has brought.
source "$(dirname "$0")/common.sh"

find_clang() {
  local candidate
  for candidate in "${CLANG:-}" clang++ clang++-{21..14}; do
    if [[ -n $candidate ]] && works "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

# Whether it can link a libFuzzer program: the runtime is a package of its own.
works() {
  command -v "$1" >/dev/null || return 1
  printf 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }\n' |
    "$1" -x c++ -fsanitize=fuzzer,address,undefined - -o /dev/null 2>/dev/null
}

if find_clang; then exit; fi
version=14
runtime=libclang-rt-$version-dev
if ! apt-cache show "$runtime" >/dev/null 2>&1; then runtime=libclang-common-$version-dev; fi # as Ubuntu 22.04 has it
as_root=
if ((EUID != 0)); then as_root=sudo; fi
say "installing clang-$version and $runtime for fuzzing and sanitizers" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "clang-$version" "$runtime" \
  >/dev/null || fail "clang could not be installed" "apt-get install clang-$version $runtime"
find_clang || fail "clang-$version cannot link a libFuzzer program" "CLANG=<another clang++> make fuzz"
