# shellcheck shell=bash
# What every script shares: where things are, how it speaks, and how it ends what hangs.

set -Eeuo pipefail
# No script ends without a word: `fail` says its own, this says the rest.
trap 'unexpected "$?" "$LINENO" "$BASH_COMMAND"' ERR
unexpected() { printf 'error: %s:%s: status %s: %s\n' "${BASH_SOURCE[1]}" "$2" "$1" "$3" >&2; }

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LOCAL=$ROOT/.local
# The scripts' own build folder: their flags differ from those of a plain `swift build`, and in one
# folder each would rebuild what the other built.
BUILD=$LOCAL/build
export ROOT LOCAL BUILD

say() { printf '==> %s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root: as it is, or through sudo, which may ask only where someone can answer.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo && [ -t 0 ]; then
        sudo "$@"
    elif have sudo; then
        sudo -n "$@"
    else
        fail "root is needed to run: $*. Run it as root, then start this script again."
    fi
}

LIMITED_PID=
LIMITED_WATCH=

# limited SECONDS COMMAND...: runs a command and ends it, with all that it started, when the time is
# up. Interrupting the script ends it too (see `end_limited`).
limited() {
    local seconds=$1 status=0 first=
    shift
    # With job control the command is not deaf to SIGINT, as a background job otherwise is.
    set -m
    "$@" </dev/null &
    LIMITED_PID=$!
    set +m
    sleep "$seconds" &
    LIMITED_WATCH=$!
    wait -n -p first "$LIMITED_PID" "$LIMITED_WATCH" || status=$?
    if [ "$first" = "$LIMITED_WATCH" ]; then
        warn "ended after its limit of $seconds seconds: $*"
        status=124
    fi
    end_limited
    return "$status"
}

end_limited() {
    if [ -n "$LIMITED_WATCH" ]; then kill "$LIMITED_WATCH" 2>/dev/null || true; fi
    if [ -n "$LIMITED_PID" ]; then
        end_tree "$LIMITED_PID"
        # Whatever it left behind in its process group.
        kill -KILL -- "-$LIMITED_PID" 2>/dev/null || true
    fi
    LIMITED_PID=
    LIMITED_WATCH=
}

# end_tree PROCESS: asks it and its descendants to end, waits five seconds, insists. They are looked
# up first: those of a process that has ended are no longer known as its own.
end_tree() {
    local processes=() tries
    mapfile -t processes < <(process_tree "$1")
    kill -TERM "${processes[@]}" 2>/dev/null || return 0
    for ((tries = 0; tries < 50; tries++)); do
        kill -0 "${processes[@]}" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "${processes[@]}" 2>/dev/null || true
}

process_tree() {
    local child
    echo "$1"
    for child in $(pgrep -P "$1" || true); do process_tree "$child"; done
}

# quietly LOG COMMAND...: keeps the output in a file and shows its end only when the command fails.
quietly() {
    local log=$1 status=0
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log" >&2
        warn "failed with status $status (all of its output: $log): $*"
    fi
    return "$status"
}

# Holds a lock while the caller's script runs, so that two scripts do not set up the same thing.
hold_setup_lock() {
    mkdir -p "$LOCAL"
    exec 9>"$LOCAL/setup.lock"
    if ! flock -n 9; then
        say "waiting for another script to finish its set-up"
        flock -w 1800 9 || fail "another script has held $LOCAL/setup.lock for half an hour"
    fi
}
release_setup_lock() { exec 9>&-; }

free_port() {
    python3 - <<'PYTHON'
import socket

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    print(probe.getsockname()[1])
PYTHON
}
