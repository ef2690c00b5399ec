// What the parts of the null sink share: its options, its counts, growing buffers, JSON spans.
#ifndef SINK_H
#define SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What was asked for on the command line.
struct options {
    int port;
    double latency_ms;
    double throttle_rate;
    double unprocessed_rate;
    uint64_t seed;
};

/// What has happened since the start or the last reset.
struct counts {
    uint64_t requests;        // all but those of /stats and /reset
    uint64_t write_requests;  // BatchWriteItem and PutItem
    uint64_t items;           // accepted
    uint64_t unprocessed;     // items that were sent back
    uint64_t throttled;       // requests
    uint64_t body_bytes;
    uint64_t connections;
    uint64_t connections_open;
    uint64_t connections_peak;
    double first_request_at;  // seconds since 1970; 0: none yet
    double last_request_at;
    double first_write_at;
    double last_write_at;
};

/// Fills `options`; ends the process where there is nothing to do or the usage is wrong.
void options_parse(int count, char **arguments);

extern struct options options;
extern struct counts counts;

/// Bytes that grow.
struct bytes {
    char *base;
    size_t count;
    size_t capacity;
};

void bytes_reserve(struct bytes *bytes, size_t more);
void bytes_append(struct bytes *bytes, const char *from, size_t count);
void bytes_print(struct bytes *bytes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// A piece of somebody else's text; `from` is NULL where there is none.
struct span {
    const char *from;
    size_t count;
};

/// The end of the JSON value at `from`, or NULL where there is none before `end`.
const char *json_end(const char *from, const char *end);
/// The value of a member of the object `object`.
struct span json_member(struct span object, const char *name);
/// The next element of an array or member of an object (with its name), from `*position` on, which
/// begins as NULL.
struct span json_next(struct span container, const char **position);
/// A string without its quotes, as written.
struct span json_text(struct span value);
const char *json_skip_space(const char *from, const char *end);

/// Appends the answer's body for an operation (`BatchWriteItem`) and its request body; returns the
/// HTTP status.
int dynamodb_answer(struct span operation, struct span body, struct bytes *out);

/// The counts as one line of JSON.
void counts_print(struct bytes *out);

double wall_seconds(void);
/// A random number of [0, 1), the same sequence for the same seed.
double chance(void);
/// Prints the reason and ends the process.
void fail(const char *reason) __attribute__((noreturn));

#endif
