#!/usr/bin/env bash
# Runs the tests of a built preset; ESPALIER_DATA names the real data sets that some of them read.
source "$(dirname "$0")/common.sh"

if [[ -z ${ESPALIER_DATA:-} ]]; then
  say "ESPALIER_DATA is not set: the tests use the small files of tests/ and skip what needs the real data sets."
fi
ctest --test-dir "build/${PRESET:-release}" --output-on-failure --parallel "$(nproc)"
