# shellcheck shell=bash
# The private servers of one user of the stack (the demo, the tests, a developer): a folder under
# .local/stack with their data, their processes and stack.env, which says where they listen.

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=scripts/lib/process.sh
. "$ROOT/scripts/lib/process.sh"
# shellcheck source=scripts/lib/setup.sh
. "$ROOT/scripts/lib/setup.sh"
# shellcheck source=scripts/lib/mysql.sh
. "$ROOT/scripts/lib/mysql.sh"
# shellcheck source=scripts/lib/mariadb.sh
. "$ROOT/scripts/lib/mariadb.sh"
# shellcheck source=scripts/lib/endpoint.sh
. "$ROOT/scripts/lib/endpoint.sh"

# What a start may take on a busy machine.
STACK_START_SECONDS=120

stack_folder() { echo "$LOCAL/stack/$1"; }

# stack_socket FOLDER NAME: a path short enough for a socket's address (107 bytes).
stack_socket() {
    local path=$1/$2.sock folder
    if [ ${#path} -gt 100 ]; then
        folder=${TMPDIR:-/tmp}/unglue-$(id -u)-$(cksum <<<"$1" | cut -d ' ' -f 1)
        (umask 077 && mkdir -p "$folder")
        [ -O "$folder" ] || fail "$folder belongs to somebody else: remove it"
        path=$folder/$2.sock
    fi
    echo "$path"
}

# stack_setup NAME SERVERS [ENDPOINT-KIND]: whatever the machine lacks for these servers. SERVERS is
# "mysql", "mariadb" or both; the kind `none` is for who brings a sink of their own. One script at a
# time: others wait.
stack_setup() {
    local server
    hold_setup_lock
    setup_machine
    if ! stack_running "$(stack_folder "$1")" "$2" "${3:-}"; then
        choose_endpoint "${3:-}"
        for server in $2; do "setup_$server"; done
    fi
    release_setup_lock
}

# stack_start NAME SERVERS [ENDPOINT-KIND], after stack_setup: starts the servers, or keeps those
# that run already. Sets and writes the variables of stack.env.
stack_start() {
    local folder servers=$2 server pids=() pid
    folder=$(stack_folder "$1")
    mkdir -p "$folder"
    if stack_running "$folder" "$servers" "${3:-}"; then
        say "private servers: already running"
        return 0
    fi
    stack_stop "$1"
    for server in $servers; do
        "${server}_prepare" "$folder" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || fail "a server could not be prepared"; done
    STACK_STARTED=$1
    MARIADB_PORT=
    MARIADB_SOCKET=
    MYSQL_PORT=
    MYSQL_SOCKET=
    ENDPOINT_PORT=
    for server in $(stack_servers "$servers"); do stack_spawn "$folder" "$server"; done
    for server in $(stack_servers "$servers"); do stack_await "$folder" "$server"; done
    stack_write_env "$folder"
    say "private servers: $servers, $ENDPOINT_KIND (${folder#"$ROOT/"})"
}

# The servers, and the endpoint where there is one.
stack_servers() { if [ "$ENDPOINT_KIND" = none ]; then echo "$1"; else echo "$1 endpoint"; fi; }

# Sets <SERVER>_PORT and <SERVER>_SOCKET and starts the server there.
stack_spawn() {
    local upper=${2^^} port
    port=$(free_port)
    declare -g "${upper}_PORT=$port"
    if [ "$2" = endpoint ]; then
        endpoint_spawn "$1" "$port"
    else
        declare -g "${upper}_SOCKET=$(stack_socket "$1" "$2")"
        local socket=${upper}_SOCKET
        "${2}_spawn" "$1" "$port" "${!socket}"
    fi
}

# Waits for an answer. Another process may have taken the port meanwhile: then once more elsewhere.
stack_await() {
    local port=${2^^}_PORT kind=mysql try
    [ "$2" != endpoint ] || kind=http
    for try in 1 2 3; do
        if "$VENV/bin/python" "$ROOT/scripts/lib/ready.py" "$kind" "${!port}" \
            "$STACK_START_SECONDS" 2>"$1/$2.ready" & wait_while_alive $! "$1/$2.process"; then
            return 0
        fi
        process_stop "$1/$2.process" || true
        [ "$try" -eq 3 ] || stack_spawn "$1" "$2"
    done
    tail -n 20 "$1/$2.log" >&2 || true
    fail "the private $2 does not start; see $1/$2.log"
}

# stack_create_database NAME: on each server that runs.
stack_create_database() {
    local port
    # shellcheck disable=SC2153  # Set by the stack.env that was read above.
    for port in $MYSQL_PORT $MARIADB_PORT; do
        "$VENV/bin/python" "$ROOT/scripts/lib/create_database.py" "$port" "$1"
    done
}

# The status of a waiting process, or failure as soon as the server that it waits for has died.
wait_while_alive() {
    while kill -0 "$1" 2>/dev/null; do
        if ! process_id "$2" >/dev/null; then
            kill "$1" 2>/dev/null || true
            wait "$1" 2>/dev/null || true
            return 1
        fi
        sleep 0.05
    done
    wait "$1" && process_id "$2" >/dev/null
}

stack_write_env() {
    # shellcheck disable=SC2153 # set by stack_spawn
    cat >"$1/stack.env" <<ENV
ENDPOINT_KIND=$ENDPOINT_KIND
ENDPOINT_PORT=$ENDPOINT_PORT
ENDPOINT=${ENDPOINT_PORT:+http://127.0.0.1:$ENDPOINT_PORT}
MYSQL_PORT=$MYSQL_PORT
MYSQL_SOCKET=$MYSQL_SOCKET
MYSQL_URL=${MYSQL_PORT:+mysql://root@127.0.0.1:$MYSQL_PORT}
MARIADB_PORT=${MARIADB_PORT:-}
MARIADB_SOCKET=${MARIADB_SOCKET:-}
MARIADB_URL=${MARIADB_PORT:+mysql://root@127.0.0.1:$MARIADB_PORT}
ENV
    # shellcheck disable=SC1091 # written above
    . "$1/stack.env"
}

# Whether all of them run, and the endpoint is of the kind asked for; then reads stack.env.
stack_running() {
    local server
    [ -s "$1/stack.env" ] || return 1
    for server in $2; do process_id "$1/$server.process" >/dev/null || return 1; done
    if ! grep -qx ENDPOINT_KIND=none "$1/stack.env"; then
        process_id "$1/endpoint.process" >/dev/null || return 1
    fi
    [ -z "$3" ] || grep -qx "ENDPOINT_KIND=$3" "$1/stack.env" || return 1
    # shellcheck disable=SC1091 # written by stack_write_env
    . "$1/stack.env"
}

STACK_STARTED=

# stack_stop NAME: stops whatever of it runs, all at the same time.
stack_stop() {
    local folder server pids=() pid
    folder=$(stack_folder "$1")
    for server in mysql mariadb endpoint; do
        if [ -e "$folder/$server.process" ]; then
            process_stop "$folder/$server.process" &
            pids+=($!)
        fi
    done
    for pid in "${pids[@]}"; do wait "$pid" || true; done
    rm -f "$folder/stack.env"
    STACK_STARTED=
}

# stack_stop_at_exit: however the script ends, what it started is stopped.
stack_stop_at_exit() {
    trap 'stack_on_exit' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
}

stack_on_exit() {
    end_limited
    if [ -n "$STACK_STARTED" ]; then stack_stop "$STACK_STARTED"; fi
}
