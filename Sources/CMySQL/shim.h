// The one place that knows which flavour of the client library is installed.
#include <mysql.h>
#include <stdbool.h>

/// Sets a boolean option. `my_bool` is `char` in MariaDB Connector/C and `bool` in MySQL 8 and later.
static inline int cmysql_set_bool_option(MYSQL *mysql, enum mysql_option option, bool value) {
    unsigned char flag = value ? 1 : 0;
    return mysql_options(mysql, option, &flag);
}
