# shellcheck shell=bash
# The DynamoDB endpoint: DynamoDB Local where it is there, else Dynoxide, else moto.

DYNAMODB_LOCAL=${DYNAMODB_LOCAL_HOME:-$LOCAL/dynamodb-local}
# Version 3.3.1 resolves with this release of the AWS SDK's bill of materials imported.
DYNAMODB_LOCAL_VERSION=3.3.1
AWS_SDK_BOM_VERSION=2.54.15
# Not empty: fetch it where it is not there.
FETCH_DYNAMODB_LOCAL=
DYNAMODB_LOCAL_ARCHIVE=https://d1ni2b6xgvw0s0.cloudfront.net/v2.x/dynamodb_local_latest.tar.gz

dynamodb_local_present() {
    compgen -G "$DYNAMODB_LOCAL/DynamoDBLocal*.jar" >/dev/null
}

dynoxide_command() {
    if [ -n "${DYNOXIDE:-}" ]; then
        [ -x "$DYNOXIDE" ] || fail "DYNOXIDE=$DYNOXIDE is no program that can be run"
        echo "$DYNOXIDE"
    else
        command -v dynoxide
    fi
}

# choose_endpoint [KIND]: sets ENDPOINT_KIND to the first that can be had, or to the one asked for.
choose_endpoint() {
    local wanted=${1:-} java
    case $wanted in
        none) ENDPOINT_KIND=none; return 0 ;;
        '' | dynamodb-local | dynoxide | moto) ;;
        *) fail "no such endpoint: $wanted. Choose dynamodb-local, dynoxide or moto." ;;
    esac
    if [ "$wanted" = dynamodb-local ] || { [ -z "$wanted" ] && dynamodb_local_present; }; then
        if [ -n "$FETCH_DYNAMODB_LOCAL" ]; then fetch_dynamodb_local; fi
        dynamodb_local_present || fail "DynamoDB Local is not in $DYNAMODB_LOCAL. Fetch it with \
\`scripts/demo --dynamodb-local\`, or name its folder in DYNAMODB_LOCAL_HOME."
        if ! java=$(java_major) || [ "$java" -lt 17 ]; then
            fail "DynamoDB Local needs Java 17 or later on the PATH (found: ${java:-none})"
        fi
        ENDPOINT_KIND=dynamodb-local
    elif [ "$wanted" = dynoxide ] || { [ -z "$wanted" ] && dynoxide_command >/dev/null; }; then
        dynoxide_command >/dev/null \
            || fail "no Dynoxide: name the program in DYNOXIDE or put it on the PATH"
        ENDPOINT_KIND=dynoxide
    else
        setup_venv 'moto[dynamodb,server]'
        ENDPOINT_KIND=moto
    fi
    say "DynamoDB endpoint: $ENDPOINT_KIND"
}

java_major() {
    local version
    have java || return 1
    version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
    [ -n "$version" ] || return 1
    echo "$version"
}

# endpoint_spawn FOLDER PORT
endpoint_spawn() {
    local libraries
    case $ENDPOINT_KIND in
        dynamodb-local)
            libraries=$(find "$DYNAMODB_LOCAL" -maxdepth 1 -name DynamoDBLocal_lib | head -n 1)
            process_spawn "$1/endpoint.process" "$1/endpoint.log" java -Xms256m \
                -Djava.library.path="${libraries:-$DYNAMODB_LOCAL}" \
                -cp "$DYNAMODB_LOCAL/*:$DYNAMODB_LOCAL/DynamoDBLocal_lib/*" \
                com.amazonaws.services.dynamodbv2.local.main.ServerRunner \
                -inMemory -sharedDb -disableTelemetry -port "$2"
            ;;
        dynoxide)
            process_spawn "$1/endpoint.process" "$1/endpoint.log" \
                "$(dynoxide_command)" --port "$2" --log quiet
            ;;
        moto)
            process_spawn "$1/endpoint.process" "$1/endpoint.log" \
                "$VENV/bin/python" -m moto.server -H 127.0.0.1 -p "$2"
            ;;
    esac
}

# Fetches DynamoDB Local into .local: its licence lets everyone use it, and nobody pass it on.
fetch_dynamodb_local() {
    local folder=$LOCAL/dynamodb-local partial=$LOCAL/dynamodb-local.partial
    dynamodb_local_present && return 0
    rm -rf "$partial"
    mkdir -p "$partial"
    say "fetching DynamoDB Local from AWS into .local/dynamodb-local"
    if fetch_dynamodb_local_archive "$partial" || fetch_dynamodb_local_maven "$partial"; then
        rm -rf "$folder"
        mv "$partial" "$folder"
        DYNAMODB_LOCAL=$folder
        return 0
    fi
    rm -rf "$partial"
    fail "DynamoDB Local could not be fetched, neither from AWS's archive nor with Maven (see \
$LOCAL/log/dynamodb-local.log). Unpack it yourself and name the folder in DYNAMODB_LOCAL_HOME, or \
start without --dynamodb-local to use another endpoint."
}

fetch_dynamodb_local_archive() {
    python3 - "$DYNAMODB_LOCAL_ARCHIVE" "$1/archive.tar.gz" >"$LOCAL/log/dynamodb-local.log" 2>&1 \
        <<'PYTHON' || return 1
import shutil, sys, urllib.request

try:
    with urllib.request.urlopen(sys.argv[1], timeout=30) as answer:
        with open(sys.argv[2], "wb") as file:
            shutil.copyfileobj(answer, file)
except OSError as error:
    sys.exit(f"{sys.argv[1]}: {error}")
PYTHON
    tar -xzf "$1/archive.tar.gz" -C "$1" >>"$LOCAL/log/dynamodb-local.log" 2>&1 || return 1
    rm "$1/archive.tar.gz"
}

fetch_dynamodb_local_maven() {
    have mvn || { echo "no Maven (mvn) on the PATH" >>"$LOCAL/log/dynamodb-local.log"; return 1; }
    cat >"$1/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>dynamodb-local</artifactId><version>1</version>
  <dependencyManagement><dependencies><dependency>
    <groupId>software.amazon.awssdk</groupId><artifactId>bom</artifactId>
    <version>$AWS_SDK_BOM_VERSION</version><type>pom</type><scope>import</scope>
  </dependency></dependencies></dependencyManagement>
  <dependencies><dependency>
    <groupId>software.amazon.dynamodb</groupId><artifactId>DynamoDBLocal</artifactId>
    <version>$DYNAMODB_LOCAL_VERSION</version>
  </dependency></dependencies>
</project>
POM
    limited 600 mvn -B -q -f "$1/pom.xml" dependency:copy-dependencies -DoutputDirectory="$1" \
        >>"$LOCAL/log/dynamodb-local.log" 2>&1
}
