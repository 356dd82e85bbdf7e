#!/usr/bin/env bash
# Makes .venv-peers with the libraries of bench/peers/requirements.txt, for bench/duel. A second call does nothing.
source "$(dirname "$0")/common.sh"

requirements=bench/peers/requirements.txt
torch=$(sed -n 's/^torch=//p' scripts/setup.sh)
torch_cpu_index=$(sed -n 's/^torch_cpu_index=\([^ ]*\).*/\1/p' scripts/setup.sh)
stamp=.venv-peers/.espalier-peers
wanted=$(echo "$torch" | cat - "$requirements" tools/parity/requirements-peft.txt | sha256sum)
if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then exit 0; fi

say "Setting up the peers in $PWD/.venv-peers: 400 MB to download, 1.7 GB of disk, 1-3 minutes"
if [[ ! -x .venv-peers/bin/python ]]; then
  python=$(python_with ensurepip) || fail "no Python with the modules venv and ensurepip" "apt-get install python3-venv"
  "$python" -m venv .venv-peers
fi
pip=(.venv-peers/bin/python -m pip install -qq)
"${pip[@]}" --no-deps "$torch" 2>.venv-peers/pip.log || "${pip[@]}" --no-deps "$torch" --extra-index-url "$torch_cpu_index"
"${pip[@]}" -r "$requirements" || fail "pip could not install what $requirements names"
printf '%s' "$wanted" >"$stamp"
