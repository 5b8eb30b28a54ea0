#!/bin/sh
# The main job on a fresh Debian 12: sets everything up, then simulates the training of DeepSeek-V3 and prints the
# report. Arguments are handed on: scripts/run.sh --json. Other scenarios: build/release/foretrain --help.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/setup.sh

# shellcheck disable=SC2086  # a list of words
install_packages $packages
# The tests need one package more, which this command does without.
if is_installed catch2; then configure release; else configure release -DBUILD_TESTING=OFF; fi
build release foretrain
exec build/release/foretrain run scenarios/deepseek-v3.yaml "$@"
