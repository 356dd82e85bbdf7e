#!/usr/bin/env bash
# Formats our C++ files in place; with --check changes nothing and fails if a file would change.
source "$(dirname "$0")/common.sh"

mapfile -t files < <(git ls-files --cached --others --exclude-standard '*.h' '*.cc')
if [[ ${1:-} == --check ]]; then
  unformatted=$(clang-format --dry-run -Werror "${files[@]}" 2>&1 | sed -n 's/^\([^ :]*\):[0-9]*:[0-9]*: error: .*/\1/p' | sort -u || true)
  [[ -z $unformatted ]] || fail "these files are not formatted:"$'\n'"$unformatted" "make format"
  say "format: ${#files[@]} files are as clang-format writes them"
else
  clang-format -i "${files[@]}"
fi
