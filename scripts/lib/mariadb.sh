# shellcheck shell=bash
# The second server of the test matrix: the distribution's MariaDB, with data of its own.

setup_mariadb() {
    MARIADB_COMMAND=$(PATH=$PATH:/usr/sbin command -v mariadbd) \
        || fail "mariadbd is not to be found, though mariadb-server-core is installed"
}

# mariadb_prepare FOLDER: an empty data folder, root without a password.
mariadb_prepare() {
    local data=$1/mariadb made
    [ ! -e "$data/.complete" ] || return 0
    rm -rf "$data"
    # Made elsewhere and moved: the program does not quote its folder, whose path may have a space.
    made=$(mktemp -d)
    quietly "$1/mariadb-initialize.log" limited 120 env TMPDIR="$made" mariadb-install-db \
        --no-defaults --user="$(id -un)" --datadir="$made/data" \
        --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
        || fail "MariaDB cannot initialise $made/data"
    mv "$made/data" "$data"
    rm -rf "$made"
    : >"$data/.complete"
}

# mariadb_spawn FOLDER PORT SOCKET
mariadb_spawn() {
    # A server that starts removes temporary tables from its folder for them, other servers' too.
    mkdir -p "$1/mariadb-tmp"
    process_spawn "$1/mariadb.process" "$1/mariadb.log" "$MARIADB_COMMAND" --no-defaults \
        --user="$(id -un)" --datadir="$1/mariadb" --tmpdir="$1/mariadb-tmp" \
        --pid-file="$1/mariadb.pid" --socket="$3" \
        --bind-address=127.0.0.1 --port="$2" \
        --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci \
        --max-connections=500 --local-infile=1 --max-allowed-packet=64M \
        --innodb-buffer-pool-size="${STACK_BUFFER_POOL:-256M}" --innodb-flush-log-at-trx-commit=2 \
        --default-time-zone="${STACK_TIME_ZONE:-SYSTEM}" \
        --server-id=1 --log-bin=binlog --sync-binlog=0 --binlog-expire-logs-seconds=3600
}
