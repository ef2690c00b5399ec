# shellcheck shell=bash
# What the load test and the comparison share: the programs to measure with, and the store.

BENCH_BIN=$LOCAL/bench
# The whole store of a million users: it is the tools that are measured, not the disk.
export STACK_BUFFER_POOL=${STACK_BUFFER_POOL:-3G}
BENCH_LIBRARIES="mysqlclient libcurl libcrypto"

# build_null_sink: the sink that counts and keeps nothing; sets NULL_SINK.
build_null_sink() {
    NULL_SINK=$BENCH_BIN/null-sink
    mkdir -p "$BENCH_BIN"
    quietly "$LOCAL/log/null-sink.log" "${CC:-cc}" -O2 -o "$NULL_SINK" \
        "$ROOT"/Benchmarks/Sources/NullSink/*.c -lz || fail "the null sink does not build"
    export NULL_SINK
}

# build_near_limit: the one-thread C program; sets NEAR_LIMIT.
build_near_limit() {
    local flags
    NEAR_LIMIT=$BENCH_BIN/near-limit
    mkdir -p "$BENCH_BIN"
    # shellcheck disable=SC2086 # words are wanted
    flags=$(pkg-config --cflags --libs $BENCH_LIBRARIES)
    # shellcheck disable=SC2086
    quietly "$LOCAL/log/near-limit.log" "${CC:-cc}" -O2 -Wall -Wextra -o "$NEAR_LIMIT" \
        "$ROOT/Benchmarks/reference/near_limit.c" $flags || fail "near_limit.c does not build"
    export NEAR_LIMIT
}

# seed_store URL USERS: fills the store once, keeps it where it is there in that size; reads it,
# so that it is warm.
seed_store() {
    if "$VENV/bin/python" "$ROOT/scripts/lib/store_size.py" "$1" "$2"; then
        say "the store of $2 users is there"
    else
        say "filling the server with a store of $2 users"
        limited 1800 "$ROOT/scripts/seed" --url "$1" --users "$2" --fresh
    fi
    limited 600 "$VENV/bin/python" "$ROOT/scripts/lib/warm_store.py" "$1"
}

# private_packages NAME PACKAGE...: a Python environment of its own; 1 where it cannot be had.
private_packages() {
    local name=$1
    shift
    (VENV=$LOCAL/$name-venv setup_venv "$@")
}

# measured_program: the release build, or what UNGLUE_BIN names; sets UNGLUE_BIN.
measured_program() {
    if [ -z "${UNGLUE_BIN:-}" ]; then
        build_release || exit 1
    else
        [ -x "$UNGLUE_BIN" ] || fail "UNGLUE_BIN=$UNGLUE_BIN is no program that can be run"
        say "measuring the program that UNGLUE_BIN names"
    fi
}

# quoted_command WORD...: as one would type it again.
quoted_command() { local text; printf -v text '%q ' "$@"; echo "${text% }"; }

# server_version SERVER PORT: such as "MySQL 9.7.4".
server_version() {
    local version
    version=$("$VENV/bin/python" "$ROOT/scripts/lib/server_version.py" "$2")
    case $1 in mysql) echo "MySQL $version" ;; *) echo "MariaDB $version" ;; esac
}
