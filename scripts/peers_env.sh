#!/usr/bin/env bash
# Makes .venv-peers with what bench/duel compares with.
source "$(dirname "$0")/common.sh"

python_environment .venv-peers bench/peers/requirements.txt "the peers" "400 MB to download, 1.7 GB of disk, 1-3 minutes"
