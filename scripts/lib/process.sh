# shellcheck shell=bash
# Servers in the background: started once, found again, stopped for certain.

# A process is known by its number and the time it started, so that a number used again is no match.
process_start_time() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The name in parentheses may hold spaces: field 22 is the 20th after it.
    # shellcheck disable=SC2086 # words are wanted
    set -- ${stat##*) }
    [ "$1" != Z ] || return 1
    echo "${20}"
}

# process_id FILE: the number of the process that the file tells of, if that process still runs.
process_id() {
    local pid started
    [ -s "$1" ] || return 1
    read -r pid started <"$1" || return 1
    [ -n "$started" ] && [ "$(process_start_time "$pid")" = "$started" ] || return 1
    echo "$pid"
}

# process_spawn FILE LOG COMMAND...: starts a server that outlives this script and is deaf to its
# terminal; FILE tells of it.
process_spawn() {
    local file=$1 log=$2 pid
    shift 2
    # Not the lock's descriptor: a server would hold the lock for as long as it lives.
    setsid "$@" </dev/null >"$log" 2>&1 9>&- &
    pid=$!
    disown "$pid" 2>/dev/null || true
    echo "$pid $(process_start_time "$pid" || echo gone)" >"$file"
}

# process_stop FILE: asks, waits ten seconds, insists.
process_stop() {
    local pid tries=0
    if pid=$(process_id "$1"); then
        kill -TERM "$pid" 2>/dev/null || true
        while process_id "$1" >/dev/null; do
            tries=$((tries + 1))
            if [ "$tries" -eq 100 ]; then kill -KILL "$pid" 2>/dev/null || true; fi
            [ "$tries" -lt 150 ] || { warn "process $pid does not end"; return 1; }
            sleep 0.1
        done
    fi
    rm -f "$1"
}
