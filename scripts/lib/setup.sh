# shellcheck shell=bash
# What must be on the machine: Debian packages, and a Python environment of our own.

# Not in Package.swift, which names the libraries that the package itself links.
TOOL_PACKAGES="ca-certificates pkg-config python3 python3-venv mariadb-server-core
    mariadb-client-core procps util-linux gcc libc6-dev"

# The Debian packages of Package.swift's system libraries, as its `providers` name them.
library_packages() {
    tr '\n' ' ' <"$ROOT/Package.swift" | grep -oE '\.apt\( *\[[^]]*\]' | grep -oE '"[^"]+"' \
        | tr -d '"' | sort -u
}

package_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs the Debian packages that are missing; does nothing, not even ask, where none is.
setup_packages() {
    local missing=() name
    have swift || fail "no Swift toolchain on the PATH. Get one: https://www.swift.org/install"
    have apt-get || fail "these scripts set up Debian and its kin, and there is no apt-get here. \
Use \`docker compose up\`, or install what README.md lists by hand."
    for name in $(library_packages) $TOOL_PACKAGES; do
        package_installed "$name" || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing Debian packages: ${missing[*]}"
    quietly "$LOCAL/log/apt-update.log" as_root apt-get -o DPkg::Lock::Timeout=300 -q update \
        || fail "apt-get update failed"
    quietly "$LOCAL/log/apt-install.log" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 -qy --no-install-recommends install "${missing[@]}" \
        || fail "could not install ${missing[*]}"
}

VENV=$LOCAL/venv
# The independent witnesses of the tests: another MySQL driver, another AWS client.
PYTHON_PACKAGES="PyMySQL boto3 jsonschema PyYAML"

# setup_venv PACKAGE...: a private Python environment that has these packages, from PyPI.
setup_venv() {
    local missing=() name
    if ! "$VENV/bin/python" -c 'import pip' 2>/dev/null; then
        rm -rf "$VENV"
        quietly "$LOCAL/log/venv.log" "$(debian_python)" -m venv "$VENV" \
            || fail "could not create a Python environment in $VENV"
    fi
    for name in "$@"; do
        [ -e "$VENV/.has-$name" ] || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing Python packages into .local/venv: ${missing[*]}"
    quietly "$LOCAL/log/pip.log" "$VENV/bin/python" -m pip --disable-pip-version-check -q install \
        "${missing[@]}" || fail "could not install ${missing[*]} from PyPI"
    for name in "${missing[@]}"; do : >"$VENV/.has-$name"; done
}

# Debian's own interpreter, which python3-venv belongs to, before any other on the PATH.
debian_python() {
    if [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else command -v python3; fi
}

# Everything but servers.
setup_machine() {
    mkdir -p "$LOCAL/log"
    setup_packages
    # shellcheck disable=SC2086 # a list of words
    setup_venv $PYTHON_PACKAGES
}
