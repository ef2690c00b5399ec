// The one place that knows which client library is installed: MariaDB Connector/C (what Debian's
// `libmysqlclient` is) or Oracle's own libmysqlclient. Whatever is spelled otherwise in the two is
// hidden behind a function here.
#include <mysql.h>
#include <errmsg.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#if defined(MARIADB_BASE_VERSION) || defined(MARIADB_PACKAGE_VERSION) || defined(LIBMARIADB)
#define CMYSQL_IS_MARIADB 1
#else
#define CMYSQL_IS_MARIADB 0
#endif

/// How a connection is protected; the raw values of `MySQLSettings.TLSMode`.
enum cmysql_tls_mode {
    CMYSQL_TLS_DISABLED = 0,
    CMYSQL_TLS_PREFERRED = 1,
    CMYSQL_TLS_REQUIRED = 2,
    CMYSQL_TLS_VERIFY_CA = 3,
    CMYSQL_TLS_VERIFY_IDENTITY = 4,
};

/// `mysql_library_init` is a macro in both libraries, with another function behind it in each.
static inline int cmysql_library_init(void) {
    return mysql_library_init(0, NULL, NULL);
}

/// Sets a boolean option. `my_bool` is `char` in MariaDB Connector/C and `bool` in MySQL 8 and later.
static inline int cmysql_set_bool_option(MYSQL *mysql, enum mysql_option option, bool value) {
    unsigned char flag = value ? 1 : 0;
    return mysql_options(mysql, option, &flag);
}

/// Sets an option that is an `unsigned int`; a timeout is in seconds.
static inline int cmysql_set_uint_option(
    MYSQL *mysql, enum mysql_option option, unsigned int value) {
    return mysql_options(mysql, option, &value);
}

/// Sets the longest packet that the client accepts; the libraries take it through different types.
static inline int cmysql_set_max_allowed_packet(MYSQL *mysql, unsigned long bytes) {
#if CMYSQL_IS_MARIADB
    size_t value = bytes;
#else
    unsigned long value = bytes;
#endif
    return mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &value);
}

/// Chooses TCP even for `localhost`, which the libraries otherwise turn into a Unix socket.
static inline int cmysql_use_tcp(MYSQL *mysql) {
    return cmysql_set_uint_option(mysql, MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_TCP);
}

/// Sets the TLS mode before connecting; `ca` is a PEM file or NULL. Returns 0 on success.
///
/// Connector/C has no `MYSQL_OPT_SSL_MODE`: ENFORCE means "if the server can", a CA alone checks the
/// chain, VERIFY_SERVER_CERT also the name. From 3.4 on it verifies by default and gives no way to
/// check the chain alone, so that there VERIFY_CA is as strict as VERIFY_IDENTITY.
static inline int cmysql_set_tls(MYSQL *mysql, enum cmysql_tls_mode mode, const char *ca) {
    if (ca != NULL && mysql_options(mysql, MYSQL_OPT_SSL_CA, ca) != 0) {
        return 1;
    }
#if CMYSQL_IS_MARIADB
    bool verify = mode == CMYSQL_TLS_VERIFY_IDENTITY;
#if defined(MARIADB_PACKAGE_VERSION_ID) && MARIADB_PACKAGE_VERSION_ID >= 30400
    verify = verify || mode == CMYSQL_TLS_VERIFY_CA;
#endif
    if (cmysql_set_bool_option(mysql, MYSQL_OPT_SSL_ENFORCE, mode != CMYSQL_TLS_DISABLED) != 0) {
        return 1;
    }
    return cmysql_set_bool_option(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verify);
#else
    unsigned int value = SSL_MODE_PREFERRED;
    switch (mode) {
    case CMYSQL_TLS_DISABLED: value = SSL_MODE_DISABLED; break;
    case CMYSQL_TLS_PREFERRED: value = SSL_MODE_PREFERRED; break;
    case CMYSQL_TLS_REQUIRED: value = SSL_MODE_REQUIRED; break;
    case CMYSQL_TLS_VERIFY_CA: value = SSL_MODE_VERIFY_CA; break;
    case CMYSQL_TLS_VERIFY_IDENTITY: value = SSL_MODE_VERIFY_IDENTITY; break;
    }
    return mysql_options(mysql, MYSQL_OPT_SSL_MODE, &value);
#endif
}

/// Says which ways of authentication the server may ask for. Returns 0 on success.
///
/// The password in clear text only where the server's certificate was checked: Connector/C would
/// otherwise send it to any server that asks. Oracle's library asks to be told that
/// `caching_sha2_password` may fetch the server's key when there is no TLS.
static inline int cmysql_set_authentication(MYSQL *mysql, bool allow_clear_text) {
#if CMYSQL_IS_MARIADB
    if (allow_clear_text) {
        return 0;
    }
    return mysql_options(
        mysql, MARIADB_OPT_RESTRICTED_AUTH,
        "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec");
#else
    if (cmysql_set_bool_option(mysql, MYSQL_ENABLE_CLEARTEXT_PLUGIN, allow_clear_text) != 0) {
        return 1;
    }
    return cmysql_set_bool_option(mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, true);
#endif
}

static inline my_socket cmysql_descriptor(MYSQL *mysql) {
#if CMYSQL_IS_MARIADB
    return mysql_get_socket(mysql);
#else
    return mysql->net.fd;
#endif
}

/// Sets an option of a socket; one that the kernel does not know counts as set.
static inline int cmysql_set_socket_option(
    my_socket descriptor, int level, int name, const void *value, socklen_t size) {
    int status = setsockopt(descriptor, level, name, value, size);
    return status != 0 && (errno == ENOPROTOOPT || errno == EOPNOTSUPP) ? 0 : status;
}

/// Has the kernel find out that the server's machine is gone, or the way to it, within
/// `dead_seconds`, however long a query computes: the libraries switch keep-alive on, but its first
/// question would come after two hours. `idle_seconds` of silence come before the first question.
/// For connections by TCP. Returns 0 on success, otherwise `errno` is set.
static inline int cmysql_watch_peer(MYSQL *mysql, int idle_seconds, int dead_seconds) {
    my_socket descriptor = cmysql_descriptor(mysql);
    int questions = 4, interval = (dead_seconds - idle_seconds) / questions, on = 1;
    // What was sent and not acknowledged is not covered by keep-alive.
    unsigned int unanswered_milliseconds = (unsigned int)dead_seconds * 1000;
    const struct {
        int level, name;
        const void *value;
    } options[] = {
        {SOL_SOCKET, SO_KEEPALIVE, &on},
        {IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds},
        {IPPROTO_TCP, TCP_KEEPINTVL, &interval},
        {IPPROTO_TCP, TCP_KEEPCNT, &questions},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_milliseconds},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        // Each of them is an int.
        if (cmysql_set_socket_option(
                descriptor, options[i].level, options[i].name, options[i].value, sizeof on) != 0) {
            return -1;
        }
    }
    return 0;
}

/// Makes what is still under way fail instead of being read to its end, and closing the handle, which
/// must follow, tell the server at once.
///
/// `mysql_free_result` of a streamed result otherwise reads every row that is left. Without the reset
/// that the lingering time of 0 gives, the server, waiting to send, learns of the end a minute later and
/// holds its locks until then.
static inline void cmysql_abort(MYSQL *mysql) {
    my_socket descriptor = cmysql_descriptor(mysql);
    if (descriptor >= 0) {
        struct linger reset = {1, 0};
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        shutdown(descriptor, SHUT_RD);
    }
}

/// The number of a column's type; as a number because each library's enumeration lacks some.
static inline unsigned int cmysql_field_type(const MYSQL_FIELD *field) {
    return (unsigned int)field->type;
}
