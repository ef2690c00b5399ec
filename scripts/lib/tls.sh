# shellcheck shell=bash
# TLS in front of the null sink, as in front of the service: nginx with a certificate made here.

TLS_FOLDER=$LOCAL/bench/tls
TLS_CERTIFICATE=$TLS_FOLDER/certificate.pem
TLS_SINK_PORT=
# Requests that nginx answers on one connection before it closes it.
TLS_REQUESTS_A_CONNECTION=${TLS_REQUESTS_A_CONNECTION:-1000000}

# install_packages NAME...: Debian packages that are missing; 1 where they cannot be had.
install_packages() {
    local missing=() name
    for name in "$@"; do package_installed "$name" || missing+=("$name"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing Debian packages: ${missing[*]}"
    # No service of them is started: programs that are run here are started by these scripts.
    quietly "$LOCAL/log/apt-install.log" as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get -o DPkg::Lock::Timeout=300 -qy --no-install-recommends install "${missing[@]}"
}

# tls_start: sets and exports SINK_TLS_URL; a sink must then be started on TLS_SINK_PORT.
tls_start() {
    local port try
    install_packages nginx-light openssl || fail "nginx could not be installed, which speaks TLS"
    rm -rf "$TLS_FOLDER"
    mkdir -p "$TLS_FOLDER"
    quietly "$LOCAL/log/openssl.log" openssl req -x509 -newkey ec \
        -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 -subj /CN=localhost \
        -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
        -keyout "$TLS_FOLDER/key.pem" -out "$TLS_CERTIFICATE" || fail "no certificate was made"
    port=$(free_port)
    TLS_SINK_PORT=$(free_port)
    tls_configuration "$port" "$TLS_SINK_PORT" >"$TLS_FOLDER/nginx.conf"
    process_spawn "$TLS_FOLDER/nginx.process" "$TLS_FOLDER/nginx.out" \
        "$(PATH=$PATH:/usr/sbin command -v nginx)" -p "$TLS_FOLDER" -c "$TLS_FOLDER/nginx.conf"
    for ((try = 0; try < 100; try++)); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
        [ "$try" -lt 99 ] || fail "nginx does not start: $(tail -n 3 "$TLS_FOLDER/error.log")"
        sleep 0.1
    done
    SINK_TLS_URL=https://localhost:$port
    TLS_LOG=$TLS_FOLDER/access.log
    TLS_PROCESS=$TLS_FOLDER/nginx.process
    export SINK_TLS_URL TLS_LOG TLS_PROCESS TLS_CERTIFICATE TLS_SINK_PORT
}

tls_stop() {
    if [ -e "$TLS_FOLDER/nginx.process" ]; then process_stop "$TLS_FOLDER/nginx.process" || true; fi
}

# tls_configuration PORT SINK-PORT. The log has a line a request: connection, whether its session
# was resumed, protocol, cipher.
tls_configuration() {
    cat <<CONF
daemon off;
worker_processes 1;
pid $TLS_FOLDER/nginx.pid;
error_log $TLS_FOLDER/error.log;
events { worker_connections 2048; }
http {
    log_format tls '\$connection \$connection_requests \$ssl_session_reused '
                   '\$ssl_protocol \$ssl_cipher';
    access_log $TLS_FOLDER/access.log tls buffer=64k flush=1s;
    client_body_temp_path $TLS_FOLDER/body;
    proxy_temp_path $TLS_FOLDER/proxy;
    fastcgi_temp_path $TLS_FOLDER/fastcgi;
    uwsgi_temp_path $TLS_FOLDER/uwsgi;
    scgi_temp_path $TLS_FOLDER/scgi;
    client_max_body_size 64m;
    client_body_buffer_size 1m;
    keepalive_requests $TLS_REQUESTS_A_CONNECTION;
    upstream sink {
        server 127.0.0.1:$2;
        keepalive 64;
        keepalive_requests 100000000;
    }
    server {
        listen 127.0.0.1:$1 ssl;
        ssl_certificate $TLS_CERTIFICATE;
        ssl_certificate_key $TLS_FOLDER/key.pem;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:sessions:1m;
        location / {
            proxy_pass http://sink;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host \$host:\$server_port;
        }
    }
}
CONF
}
