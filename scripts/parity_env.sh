#!/usr/bin/env bash
# Makes .venv-peft with the reference libraries of tools/parity/requirements-peft.txt. A second call does nothing.
source "$(dirname "$0")/common.sh"

requirements=tools/parity/requirements-peft.txt
torch=$(sed -n 's/^torch=//p' scripts/setup.sh)
torch_cpu_index=$(sed -n 's/^torch_cpu_index=\([^ ]*\).*/\1/p' scripts/setup.sh)
stamp=.venv-peft/.espalier-parity
wanted=$(echo "$torch" | cat - "$requirements" | sha256sum)
if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then exit 0; fi

say "Setting up the reference libraries in $PWD/.venv-peft: 350 MB to download, 1.5 GB of disk, 1-3 minutes"
if [[ ! -x .venv-peft/bin/python ]]; then
  python=$(python_with ensurepip) || fail "no Python with the modules venv and ensurepip" "apt-get install python3-venv"
  "$python" -m venv .venv-peft
fi
pip=(.venv-peft/bin/python -m pip install -qq)
"${pip[@]}" --no-deps "$torch" 2>.venv-peft/pip.log || "${pip[@]}" --no-deps "$torch" --extra-index-url "$torch_cpu_index"
"${pip[@]}" -r "$requirements" || fail "pip could not install what $requirements names"
printf '%s' "$wanted" >"$stamp"
