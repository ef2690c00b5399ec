# shellcheck shell=bash
# A real MySQL server. Debian stable ships none, so its packages come from Debian's unstable suite
# into a private root, with their own loader and libraries: nothing of the system changes.

MYSQL_ROOT=$LOCAL/mysql-root
PRIVATE_APT=$LOCAL/apt

# The mirror of Debian that the system's own apt sources name, as apt itself reads them: the address
# of the main archive's suite, not that of its security or backports suites.
debian_mirror() {
    local site release component codename
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
    # shellcheck disable=SC2016 # apt's variables, not the shell's
    apt-get indextargets --format '$(SITE)|$(RELEASE)|$(COMPONENT)' 'Created-By: Packages' \
        | while IFS='|' read -r site release component; do
            case "$component $release" in
                "main $codename" | main\ stable | main\ testing | main\ unstable | main\ sid)
                    echo "$site"
                    break
                    ;;
            esac
        done
}

# The keyring that the Release file of the unstable suite is checked with.
debian_keyring() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -r "$keyring" ] || keyring=/etc/apt/trusted.gpg.d
    echo "$keyring"
}

# An apt of our own: its lists, cache and state lie under .local; the system's settings (proxy,
# certificates) and its verification of signatures and hashes stay in force.
private_apt_configure() {
    local keyring=$1 mirror signed_by=
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || fail "the apt sources of this system name no Debian mirror, and there is \
no MySQL server on it. Install one and name its program: MYSQLD=/usr/sbin/mysqld."
    mkdir -p "$PRIVATE_APT/lists/partial" "$PRIVATE_APT/cache/archives/partial"
    if [ -f "$keyring" ]; then signed_by="[signed-by=$keyring] "; fi
    echo "deb ${signed_by}$mirror unstable main" >"$PRIVATE_APT/sources.list"
    cat >"$PRIVATE_APT/apt.conf" <<CONF
Dir::State "$PRIVATE_APT";
Dir::State::lists "$PRIVATE_APT/lists";
Dir::State::status "$PRIVATE_APT/status";
Dir::Cache "$PRIVATE_APT/cache";
Dir::Etc::sourcelist "$PRIVATE_APT/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
CONF
    # Said to be there already: what the programs and headers that we want do without.
    { private_apt_assume perl allowed; private_apt_assume libc6-dev same
      private_apt_assume libssl-dev same; private_apt_assume libzstd-dev same
      private_apt_assume zlib1g-dev same; } >"$PRIVATE_APT/status"
}

private_apt_assume() {
    printf 'Package: %s\nStatus: install ok installed\nArchitecture: %s\nMulti-Arch: %s\n' \
        "$1" "$(dpkg --print-architecture)" "$2"
    printf 'Version: 99:9\nMaintainer: none\nDescription: assumed\n\n'
}

private_apt() { APT_CONFIG=$PRIVATE_APT/apt.conf apt-get -q "$@"; }
private_apt_read() { private_apt -o APT::Update::Error-Mode=any update; }

# Reads the lists of the unstable suite. A keyring too old for today's signature is renewed from
# the system's own suite, which the old keyring vouches for.
private_apt_update() {
    local renewed=$PRIVATE_APT/keyring
    private_apt_configure "$(debian_keyring)"
    if quietly "$LOCAL/log/mysql-apt-update.log" private_apt_read; then
        return 0
    fi
    grep -q 'NO_PUBKEY\|EXPKEYSIG\|not signed' "$LOCAL/log/mysql-apt-update.log" \
        || fail "could not read Debian's package lists; see $LOCAL/log/mysql-apt-update.log"
    say "renewing Debian's archive keyring for the private root"
    renew_keyring "$renewed"
    private_apt_configure "$renewed/usr/share/keyrings/debian-archive-keyring.gpg"
    quietly "$LOCAL/log/mysql-apt-update.log" private_apt_read \
        || fail "the signature of Debian's unstable suite cannot be checked with the system's \
keyring or the newest of its suite. Upgrade debian-archive-keyring."
}

renew_keyring() {
    mkdir -p "$1"
    as_root apt-get -q update >/dev/null
    (cd "$1" && apt-get -q download debian-archive-keyring >/dev/null && dpkg-deb -x ./*.deb .) \
        || fail "could not fetch debian-archive-keyring"
}

# private_root_fetch FOLDER PACKAGE...: the packages and all that they need, unpacked.
private_root_fetch() {
    local folder=$1 package
    shift
    [ ! -e "$folder/.complete" ] || return 0
    say "fetching $* from Debian unstable into ${folder#"$ROOT/"} (the system stays as it is)"
    private_apt_update
    rm -rf "$folder" "$folder.partial" "$PRIVATE_APT"/cache/archives/*.deb
    quietly "$LOCAL/log/mysql-apt-download.log" private_apt install -y --download-only "$@" \
        || fail "could not download $*"
    mkdir -p "$folder.partial"
    for package in "$PRIVATE_APT"/cache/archives/*.deb; do
        dpkg-deb -x "$package" "$folder.partial"
    done
    rm -rf "$PRIVATE_APT/cache" "$PRIVATE_APT/lists"
    : >"$folder.partial/.complete"
    mv "$folder.partial" "$folder"
}

# Sets MYSQL_COMMAND, the words that run the server: MYSQLD if named, the system's own MySQL if it
# has one, else that of the private root.
setup_mysql() {
    local system=${MYSQLD:-} loader library
    if [ -z "$system" ] && have mysqld && ! mysqld --version 2>/dev/null | grep -qi mariadb; then
        system=$(command -v mysqld)
    fi
    if [ -n "$system" ]; then
        "$system" --version >/dev/null 2>&1 || fail "MYSQLD=$system does not run"
        MYSQL_COMMAND=("$system" --no-defaults)
        return 0
    fi
    private_root_fetch "$MYSQL_ROOT" mysql-server-core
    library=$(private_library "$MYSQL_ROOT")
    loader=$(private_loader "$MYSQL_ROOT")
    MYSQL_COMMAND=("$loader" --library-path "$library" "$MYSQL_ROOT/usr/sbin/mysqld" --no-defaults
        --basedir="$MYSQL_ROOT/usr"
        --lc-messages-dir="$MYSQL_ROOT/usr/share/mysql"
        --character-sets-dir="$MYSQL_ROOT/usr/share/mysql/charsets"
        --plugin-dir="$MYSQL_ROOT/usr/lib/mysql/plugin")
}

# The folder of a private root's libraries, such as usr/lib/x86_64-linux-gnu.
private_library() { dirname "$(find "$1/usr/lib" -maxdepth 2 -name 'libc.so.6' | head -n 1)"; }

private_loader() {
    find "$1/" -maxdepth 4 -path '*/lib*' -name 'ld-linux*.so.*' | head -n 1
}

# mysql_prepare FOLDER: an empty data folder, root without a password.
mysql_prepare() {
    local data=$1/mysql
    [ ! -e "$data/.complete" ] || return 0
    rm -rf "$data"
    quietly "$1/mysql-initialize.log" limited 120 "${MYSQL_COMMAND[@]}" --user="$(id -un)" \
        --datadir="$data" --secure-file-priv= --initialize-insecure \
        || fail "MySQL cannot initialise $data"
    : >"$data/.complete"
}

# mysql_spawn FOLDER PORT SOCKET
mysql_spawn() {
    mkdir -p "$1/mysql-tmp"
    process_spawn "$1/mysql.process" "$1/mysql.log" "${MYSQL_COMMAND[@]}" --user="$(id -un)" \
        --datadir="$1/mysql" --tmpdir="$1/mysql-tmp" --pid-file="$1/mysql.pid" --socket="$3" \
        --bind-address=127.0.0.1 --port="$2" --mysqlx=OFF --secure-file-priv= \
        --max-connections=500 --local-infile=1 --max-allowed-packet=64M \
        --innodb-buffer-pool-size="${STACK_BUFFER_POOL:-256M}" --innodb-flush-log-at-trx-commit=2 \
        --default-time-zone="${STACK_TIME_ZONE:-SYSTEM}" \
        --performance-schema=OFF \
        --server-id=1 --log-bin=binlog --sync-binlog=0 --binlog-expire-logs-seconds=3600
}
