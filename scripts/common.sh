# Sourced by the other scripts: they all start in the checkout's folder and speak with one voice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*"; }

# A heading of the narrated parts.
title() { printf '\n== %s\n' "$*"; }

# fail MESSAGE [HINT...]: one line that says what is wrong, then one a hint that says what to try.
fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  for hint in "$@"; do printf '  try: %s\n' "$hint" >&2; done
  exit 1
}

# python_with MODULE: an interpreter that has MODULE: Debian's own first (packages.txt brings its venv module), then any.
python_with() {
  local candidate
  for candidate in /usr/bin/python3 python3; do
    if "$candidate" -c "import $1" 2>/dev/null; then
      printf '%s' "$candidate"
      return
    fi
  done
  return 1
}
