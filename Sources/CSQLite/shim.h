#include <sqlite3.h>

/// Binds text that SQLite copies: SQLITE_TRANSIENT is a cast that Swift cannot read.
static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const char *text, int bytes) {
    return sqlite3_bind_text(statement, index, text, bytes, SQLITE_TRANSIENT);
}

/// Binds bytes that SQLite copies; none at all are an empty blob, not NULL.
static inline int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *data, int bytes) {
    if (bytes == 0) {
        return sqlite3_bind_zeroblob(statement, index, 0);
    }
    return sqlite3_bind_blob(statement, index, data, bytes, SQLITE_TRANSIENT);
}

/// Turns an option of the connection on or off: `sqlite3_db_config` is variadic.
static inline int csqlite_configure(sqlite3 *database, int option, int is_on) {
    int result = 0;
    return sqlite3_db_config(database, option, is_on, &result);
}
