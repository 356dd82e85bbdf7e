#!/usr/bin/env bash
# Runs every program of tools/parity (files that begin with _ are their shared parts) and lists what passed and what failed.
# `tools/parity/run.sh NAME...` runs only those. ESPALIER_DATA is passed on to them. They start in the checkout's folder; the driver
# build/release/tests/parity_... that a program's first lines name is its only argument.
source "$(dirname "$0")/../../scripts/common.sh"

programs=()
for program in tools/parity/*.py; do
  name=$(basename "$program" .py)
  if [[ $name == _* ]]; then continue; fi
  if (($# == 0)) || [[ " $* " == *" $name "* ]]; then programs+=("$name"); fi
done
((${#programs[@]} > 0)) || fail "tools/parity holds no program named: $*" "ls tools/parity"

logs=build/parity
mkdir -p "$logs"
failed=()
for name in "${programs[@]}"; do
  start=$SECONDS
  arguments=()
  driver=$(head -n 20 "tools/parity/$name.py" | grep -o -m 1 'build/release/tests/parity_[a-z_]*' || true)
  if [[ -n $driver ]]; then arguments+=("$driver"); fi
  # No program may look on the network for a model.
  if HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false .venv-peft/bin/python "tools/parity/$name.py" "${arguments[@]}" \
    >"$logs/$name.log" 2>&1; then
    verdict=passed
  else
    verdict=FAILED
    failed+=("$name")
  fi
  printf '%-24s %s  %4d s  %s\n' "$name" "$verdict" $((SECONDS - start)) "$(grep -v -e '^ *$' -e Warning "$logs/$name.log" | tail -n 1 | cut -c1-90)"
done

for name in "${failed[@]}"; do
  title "$name failed: the end of $logs/$name.log"
  tail -n 40 "$logs/$name.log"
done
title "parity: $((${#programs[@]} - ${#failed[@]})) of ${#programs[@]} programs passed"
((${#failed[@]} == 0))
