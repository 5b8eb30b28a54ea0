# shellcheck shell=sh disable=SC2034  # sourced: the lists are read by the scripts
# Set-up shared by run.sh, test.sh and .ci/run, which source it: Debian packages, configuration, build.
# Everything it says goes to stderr, so that the report on stdout stays clean. It asks nothing and needs no stdin.
# The packages are Debian 12's own; this is the only list of them.

packages="g++ cmake ninja-build libboost-graph-dev libeigen3-dev libcli11-dev libyaml-cpp-dev libfmt-dev libexpected-dev nlohmann-json3-dev libprotobuf-dev protobuf-compiler libexpat1-dev"
test_packages="catch2"
tidy_packages="clang-tidy-14"

say() { printf 'foretrain: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Runs a command as root: as it is for root, else through sudo (which may ask for a password on the terminal).
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# What went wrong according to a log: its errors, or its last lines when nothing there is called an error.
show_failure() {
    if grep -qE '(^|[^a-z])([Ee]rror:|E:)' "$1"; then
        grep -E -A 4 '(^|[^a-z])([Ee]rror:|E:)' "$1" | head -n 60
    else
        tail -n 20 "$1"
    fi | sed 's/^/    /' >&2
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# install_packages NAME...: installs what is missing; touches neither apt nor the network when nothing is.
install_packages() {
    if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
        say "no apt here, so these must be there already: $*"
        return 0
    fi
    missing=
    for package in "$@"; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
        die "cannot install$missing: run this as root, or install sudo first"
    fi
    say "installing$missing"
    apt_log=$(mktemp) || die "cannot write to ${TMPDIR:-/tmp}"
    # A stale list or one broken third-party source must not stop us: the installation itself decides.
    apt_get update >"$apt_log" 2>&1 || say "apt-get update had errors; trying the installation all the same"
    # shellcheck disable=SC2086  # a list of words
    if ! apt_get install -y --no-install-recommends $missing >>"$apt_log" 2>&1; then
        show_failure "$apt_log"
        rm -f "$apt_log"
        die "cannot install$missing: apt-get failed, what it said is above"
    fi
    rm -f "$apt_log"
}

# Runs a command with its output in build/<preset>.log, shown only when the command fails.
quietly() {
    what=$1
    log=$2
    shift 2
    if ! "$@" >>"$log" 2>&1 </dev/null; then
        show_failure "$log"
        die "cannot $what: the whole story is in $log"
    fi
}

# configure PRESET [-D...]: a build folder that was made for another place (a copied tree) is made afresh.
configure() {
    preset=$1
    shift
    folder=build/$preset
    log=build/$preset.log
    if ! mkdir -p "$folder" 2>/dev/null || [ ! -w "$folder" ] || { [ -e "$log" ] && [ ! -w "$log" ]; }; then
        die "cannot write $folder: it belongs to another user; run this as that user (sudo) or remove the folder"
    fi
    : >"$log"
    if [ -f "$folder/CMakeCache.txt" ] && ! grep -qx "CMAKE_HOME_DIRECTORY:INTERNAL=$(pwd -P)" "$folder/CMakeCache.txt"; then
        set -- --fresh "$@"
    fi
    quietly "configure the $preset build" "$log" cmake --preset "$preset" "$@"
}

# build PRESET [TARGET...]
build() {
    preset=$1
    shift
    log=build/$preset.log
    [ -e "build/$preset/.ninja_log" ] || say "building $preset (some minutes the first time; the log is $log)"
    quietly "build the $preset preset" "$log" cmake --build --preset "$preset" --parallel "$(nproc)" ${1:+--target "$@"}
}
