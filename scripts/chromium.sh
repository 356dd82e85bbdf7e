#!/usr/bin/env bash
# Brings the browser in which .ci/run has the report page opened; building and using espalier needs none, and without one the
# test says that it did not look. Debian's package: 113 MB to download, 414 MB of disk. Elsewhere the name may mean a snap, which
# a container cannot run: install another browser there.
source "$(dirname "$0")/common.sh"

for browser in chromium chromium-browser google-chrome; do
  if command -v "$browser" >/dev/null; then exit 0; fi
done
as_root=
if ((EUID != 0)); then as_root=sudo; fi
say "installing chromium for the test of the report page"
$as_root apt-get update -qq || say "apt-get update failed; going on with the catalogue that is there"
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null ||
  fail "apt-get could not install chromium" "${as_root:+$as_root }apt-get install chromium, to see its messages"
