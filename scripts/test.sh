#!/bin/sh
# All tests on a fresh Debian 12: sets everything up, builds the release preset and runs every shelf of tests/.
# Arguments are handed to ctest: scripts/test.sh -R laws.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/setup.sh

# shellcheck disable=SC2086  # lists of words
install_packages $packages $test_packages
configure release -DBUILD_TESTING=ON
build release
exec ctest --preset release "$@"
