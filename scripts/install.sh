#!/usr/bin/env bash
# install.sh PREFIX: the program, every library it needs and its shell completion; see cmake/install.cmake.
source "$(dirname "$0")/common.sh"

prefix=${1:?usage: scripts/install.sh PREFIX}
cmake --install "build/${PRESET:-release}" --prefix "$prefix" --strip >"build/${PRESET:-release}/install.log" 2>&1 || {
  tail -n 5 "build/${PRESET:-release}/install.log" >&2
  fail "the program could not be installed into $prefix" "make install PREFIX=<a folder that you may write to>"
}
program=$prefix/bin/espalier

completion() {
  local shell=$1 file=$prefix/share/$2
  mkdir -p "$(dirname "$file")"
  "$program" completion "$shell" >"$file"
}
completion bash bash-completion/completions/espalier
completion zsh zsh/site-functions/_espalier
completion fish fish/vendor_completions.d/espalier.fish

say "installed $("$program" --version | head -n 1): $program ($(du -sh "$prefix/lib/espalier" | cut -f1) with its libraries)"
