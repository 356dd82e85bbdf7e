#!/usr/bin/env bash
# Everything a build needs: the Debian packages of packages.txt, and libtorch inside .venv. Says first what it will do.
# A second call does nothing. TORCH_PREFIX=<folder that holds include/ and lib/> uses that libtorch instead.
source "$(dirname "$0")/common.sh"

torch=torch==2.13.0+cpu
torch_cpu_index=https://download.pytorch.org/whl/cpu # asked only where pip's configured sources hold no CPU build

stamp=.venv/.espalier-setup
wanted=$(cat packages.txt scripts/setup.sh | sha256sum)${TORCH_PREFIX:-}
if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then exit 0; fi

as_root=
if ((EUID != 0)); then as_root="sudo"; fi

missing_packages() {
  local package
  while read -r package; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || printf '%s ' "$package"
  done < <(grep -v -e '^#' -e '^$' packages.txt)
}

has_torch() { compgen -G '.venv/lib/python3*/site-packages/torch/include/ATen/ATen.h' >/dev/null; }

announce() {
  say "Setting up espalier in $PWD. The steps, on a machine of 2 cores:"
  if [[ -n $missing ]]; then
    say "  - install Debian packages with ${as_root:+$as_root }apt-get: at most 150 MB to download, 1 GB of disk, 1-3 minutes"
    say "      $missing" | fold -s -w 110
  fi
  if [[ -n ${TORCH_PREFIX:-} ]]; then
    say "  - use the libtorch in $TORCH_PREFIX"
  elif ! has_torch; then
    say "  - put libtorch ($torch) into .venv: 190 MB to download, 0.9 GB of disk, 1-2 minutes"
  fi
  say "  Then follows the build: 1 GB of disk, 8 to 10 minutes once (the tests: about 12 more), seconds afterwards."
}

install_packages() {
  if [[ -z $missing ]]; then return; fi
  if [[ -n $as_root ]] && ! command -v sudo >/dev/null; then
    fail "these packages are missing, you are not root, and there is no sudo: $missing" "as root: apt-get install $missing"
  fi
  # Read-only where the catalogue is there already; a fresh container has none.
  # shellcheck disable=SC2086
  $as_root apt-get update -qq || say "apt-get update failed; going on with the catalogue that is there"
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
    fail "apt-get could not install: $missing" "${as_root:+$as_root }apt-get install $missing, to see its messages"
}

make_environment() {
  if [[ -x .venv/bin/python ]] && .venv/bin/python -c 'import pip' 2>/dev/null; then return; fi
  local python
  python=$(python_with ensurepip) || fail "no Python with the modules venv and ensurepip" "apt-get install python3-venv"
  "$python" -m venv --clear .venv
}

install_torch() {
  if [[ -n ${TORCH_PREFIX:-} ]]; then
    [[ -f $TORCH_PREFIX/include/ATen/ATen.h ]] ||
      fail "TORCH_PREFIX=$TORCH_PREFIX holds no include/ATen/ATen.h" "TORCH_PREFIX=<site-packages>/torch"
    return
  fi
  if has_torch; then return; fi
  # The version ends in +cpu, so no CUDA build can answer. Only the library is used, so its Python dependencies stay out.
  local pip=(.venv/bin/python -m pip install -qq --no-deps "$torch")
  if ! "${pip[@]}" 2>.venv/pip.log; then
    say "pip's own sources hold no $torch; asking PyTorch's CPU wheel index"
    "${pip[@]}" --extra-index-url "$torch_cpu_index" 2>>.venv/pip.log || {
      cat .venv/pip.log >&2
      fail "pip could not install $torch" "TORCH_PREFIX=<an existing libtorch, 2.11 or later> make build"
    }
  fi
  has_torch || fail "$torch was installed, but .venv holds no ATen/ATen.h"
}

command -v apt-get >/dev/null || fail "there is no apt-get here; espalier is set up on Debian 12 or Ubuntu 22.04 and later" \
  "install the packages of packages.txt by hand, then: cmake --preset release -DTORCH_PREFIX=<libtorch>"
missing=$(missing_packages)
missing=${missing% }
announce
install_packages
make_environment
install_torch
printf '%s' "$wanted" >"$stamp"
say "Set-up is complete."
