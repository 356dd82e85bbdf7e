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

# python_environment FOLDER REQUIREMENTS WHAT COST: makes FOLDER with libtorch's own version of torch and the pinned packages of the
# file REQUIREMENTS (and of the files that it includes). A second call does nothing.
python_environment() {
  local folder=$1 requirements=$2 what=$3 cost=$4 torch torch_cpu_index included wanted python
  torch=$(sed -n 's/^torch=//p' scripts/setup.sh)
  torch_cpu_index=$(sed -n 's/^torch_cpu_index=\([^ ]*\).*/\1/p' scripts/setup.sh)
  mapfile -t included < <(sed -n "s|^-[rc] |$(dirname "$requirements")/|p" "$requirements")
  wanted=$(echo "$torch" | cat - "$requirements" "${included[@]}" | sha256sum)
  if [[ -f $folder/.espalier && $(<"$folder/.espalier") == "$wanted" ]]; then return; fi
  say "Setting up $what in $PWD/$folder: $cost"
  if [[ ! -x $folder/bin/python ]]; then
    python=$(python_with ensurepip) || fail "no Python with the modules venv and ensurepip" "apt-get install python3-venv"
    "$python" -m venv "$folder"
  fi
  local pip=("$folder/bin/python" -m pip install -qq)
  "${pip[@]}" --no-deps "$torch" 2>"$folder/pip.log" || "${pip[@]}" --no-deps "$torch" --extra-index-url "$torch_cpu_index"
  "${pip[@]}" -r "$requirements" || fail "pip could not install what $requirements names"
  printf '%s' "$wanted" >"$folder/.espalier"
}
