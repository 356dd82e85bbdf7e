#!/usr/bin/env bash
# Installs program and library into a folder, moves it, and builds and runs examples/ against it as a project of somebody else:
# nothing but find_package. MODEL=<Hugging Face folder> takes that model instead of a tiny random one.
source "$(dirname "$0")/common.sh"

built=build/${PRESET:-release}
work=$PWD/build/examples
rm -rf "$work"
scripts/install.sh "$work/first"
mv "$work/first" "$work/moved"
prefix=$work/moved

# No file that a build reads may name this checkout, the libtorch of the build or the first prefix.
torch=$(sed -n 's/^TORCH_PREFIX:PATH=//p' "$built/CMakeCache.txt")
if grep -rlF -e "$PWD" -e "$torch" "$prefix/include" "$prefix/lib/cmake"; then fail "these installed files hold a path of this machine"; fi

cmake -S examples -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" >"$work/configure.log" 2>&1 ||
  { cat "$work/configure.log" >&2; fail "examples/ could not be configured"; }
cmake --build "$work/build"
if readelf -d "$work/build/train_lora" | grep -F "$torch"; then fail "train_lora looks for libtorch outside of the prefix"; fi

# A library of another libtorch is refused by name.
mkdir -p "$work/other/include/torch/headeronly"
printf '#define TORCH_VERSION_MAJOR 1\n#define TORCH_VERSION_MINOR 0\n' >"$work/other/include/torch/headeronly/version.h"
if cmake -S examples -B "$work/refused" -DCMAKE_PREFIX_PATH="$prefix" -DTORCH_PREFIX="$work/other" >"$work/refused.log" 2>&1; then
  fail "another libtorch was taken"
fi
# CMake breaks its messages into lines by the length of the paths in them.
tr -s '[:space:]' ' ' <"$work/refused.log" | grep -q "holds another libtorch than espalier was built with" ||
  { cat "$work/refused.log" >&2; fail "another libtorch was refused without the reason"; }

"$built/tests/tiny_world" "$work/world"
cd "$work/world"
cut -f 3 new.tsv | tail -n +2 >expected
for program in train_lora run_recipe; do
  arguments=(recipe.toml run new.tsv)
  if [[ $program == train_lora ]]; then arguments=("${MODEL:-model}" train.tsv new.tsv); fi
  "$work/build/$program" "${arguments[@]}" >"$program.tsv" 2>"$program.log" || { cat "$program.log" >&2; fail "$program ended badly"; }
  right=$(paste expected "$program.tsv" | awk '$1 == $2 { n++ } END { print n + 0 }')
  say "$program: $right of 20 rows right"
  ((right >= 19)) || { cat "$program.log" >&2; fail "$program has not learned the task"; }
done
