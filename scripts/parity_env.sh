#!/usr/bin/env bash
# Makes .venv-peft with the reference libraries of `make parity`.
source "$(dirname "$0")/common.sh"

python_environment .venv-peft tools/parity/requirements-peft.txt "the reference libraries" \
  "460 MB to download, 1.7 GB of disk, 1-3 minutes"
