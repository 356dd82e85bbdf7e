#!/usr/bin/env bash
# Formats our C++ files in place; with --check changes nothing and fails if a file would change.
source "$(dirname "$0")/common.sh"

mapfile -t files < <(git ls-files --cached --others --exclude-standard '*.h' '*.cc')
if [[ ${1:-} == --check ]]; then
  clang-format --dry-run -Werror "${files[@]}" || fail "the files above are not formatted" "make format"
else
  clang-format -i "${files[@]}"
fi
