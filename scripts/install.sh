#!/usr/bin/env bash
# install.sh PREFIX [program] [library]: the program with every library it needs and its shell completion, and the library with its
# headers and CMake package; both without being told. See cmake/install.cmake and docs/library.md.
source "$(dirname "$0")/common.sh"

prefix=$(realpath -m "${1:?usage: scripts/install.sh PREFIX [program] [library]}")
shift
parts=${*:-program library}
built=build/${PRESET:-release}

component() {
  cmake --install "$built" --prefix "$prefix" --component "$1" --strip >"$built/install.log" 2>&1 || {
    tail -n 5 "$built/install.log" >&2
    fail "the $1 could not be installed into $prefix" "make install PREFIX=<a folder that you may write to>"
  }
}

install_program() {
  component program
  local shell file program=$prefix/bin/espalier
  for shell in bash zsh fish; do
    case $shell in
      bash) file=bash-completion/completions/espalier ;;
      zsh) file=zsh/site-functions/_espalier ;;
      fish) file=fish/vendor_completions.d/espalier.fish ;;
    esac
    mkdir -p "$(dirname "$prefix/share/$file")"
    "$program" completion "$shell" >"$prefix/share/$file"
  done
  say "installed $("$program" --version | head -n 1): $program ($(du -sh "$prefix/lib/espalier" | cut -f1) with its libraries)"
}

# The headers that espalier/espalier.h and espalier/nn/tensor.h reach, and no others: ours, and libtorch's.
install_library() {
  cmake --build "$built" --target espalier_library
  component library
  local torch include=$prefix/include headers
  torch=$(sed -n 's/^TORCH_PREFIX:PATH=//p' "$built/CMakeCache.txt")/include
  rm -rf "$include/espalier" "$include/espalier-torch"
  headers=$(reached "$PWD" "$torch")
  sed -n "s|^$PWD/espalier/|espalier/|p" <<<"$headers" | copy . "$include"
  sed -n "s|^$torch/||p" <<<"$headers" | copy "$torch" "$include/espalier-torch"
  # Of headers that are equal to the byte the compiler reads and names one; the copy lacks the others until it asks for them.
  while headers=$(reached "$include" "$include/espalier-torch" -MG | grep -E '^(ATen|c10|caffe2|torch)/'); do
    copy "$torch" "$include/espalier-torch" <<<"$headers"
  done
  say "installed the library: $prefix/lib/libespalier.a, $(find "$include/espalier" -name '*.h' | wc -l) headers" \
    "($(du -sh "$include/espalier-torch" | cut -f1) of libtorch's), find_package(espalier)"
}

# reached OURS TORCH [-MG]: the headers that the compiler reads; with -MG also those that are missing, by the name they go by.
reached() {
  printf '#include <%s>\n' espalier/espalier.h espalier/nn/tensor.h torch/headeronly/version.h |
    "${CXX:-c++}" -std=c++20 -x c++ -M ${3:-} "-I$1" -idirafter "$2" -idirafter "$2/torch/csrc/api/include" - | tr ' ' '\n'
}

# copy FROM TO: the files whose names are read, with their folders.
copy() {
  mkdir -p "$2"
  tar -C "$1" -chf - -T - | tar -C "$2" --no-same-owner -xf -
}

for part in $parts; do "install_$part"; done
