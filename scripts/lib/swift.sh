# shellcheck shell=bash
# Building the package, the same way for every script.

# The toolchain that this package is kept free of warnings on. A newer one may warn of new things
# and must still build it.
WARNING_FREE_SWIFT=6.3

# Fills SWIFT_FLAGS: the flags of the debug build that scripts/check and scripts/test share. With
# other flags everything would be built again.
swift_flags() {
    SWIFT_FLAGS=(--scratch-path "$BUILD" --explicit-target-dependency-import-check error)
    if swift --version 2>/dev/null | grep -q "Swift version $WARNING_FREE_SWIFT"; then
        SWIFT_FLAGS+=(-Xswiftc -warnings-as-errors)
    else
        warn "this is not Swift $WARNING_FREE_SWIFT: warnings do not fail the build"
    fi
}

# build_swift NAME SECONDS FLAG...: `swift build`, saying only how long it took or what is wrong.
build_swift() {
    local log=$LOCAL/log/build-$1.log seconds=$2 started=$SECONDS status=0
    say "building ($1)"
    shift 2
    mkdir -p "$LOCAL/log"
    limited "$seconds" swift build "$@" >"$log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        { grep -E '^(/[^ ]*: )?(error|warning): ' "$log" | sort -u | head -n 40; } >&2 \
            || tail -n 20 "$log" >&2
        warn "the build failed (all of its output: $log)"
        return 1
    fi
    say "built in $((SECONDS - started)) s"
}

# The program as users get it, Swift's own libraries inside; sets UNGLUE_BIN.
build_release() {
    local flags=(-c release --product unglue --static-swift-stdlib)
    build_swift release 1200 --package-path "$ROOT" "${flags[@]}" || return 1
    UNGLUE_BIN=$(cd "$ROOT" && swift build "${flags[@]}" --show-bin-path)/unglue
    [ -x "$UNGLUE_BIN" ] || fail "the build left no program at $UNGLUE_BIN"
    export UNGLUE_BIN
}

build_tests() {
    swift_flags
    build_swift tests 1500 --package-path "$ROOT" --build-tests "${SWIFT_FLAGS[@]}"
}
