// What every part needs: growing bytes, clocks, dice, the printed counts.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sink.h"

struct options options = {.port = 0, .seed = 1};
struct counts counts;

void fail(const char *reason) {
    fprintf(stderr, "null-sink: %s%s%s\n", reason, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

void bytes_reserve(struct bytes *bytes, size_t more) {
    if (bytes->capacity - bytes->count >= more) return;
    size_t capacity = bytes->capacity ? bytes->capacity * 2 : 1024;
    while (capacity - bytes->count < more) capacity *= 2;
    bytes->base = realloc(bytes->base, capacity);
    if (!bytes->base) fail("out of memory");
    bytes->capacity = capacity;
}

void bytes_append(struct bytes *bytes, const char *from, size_t count) {
    bytes_reserve(bytes, count);
    memcpy(bytes->base + bytes->count, from, count);
    bytes->count += count;
}

void bytes_print(struct bytes *bytes, const char *format, ...) {
    for (size_t room = 512;; room *= 2) {
        va_list arguments;
        bytes_reserve(bytes, room);
        va_start(arguments, format);
        int count = vsnprintf(bytes->base + bytes->count, room, format, arguments);
        va_end(arguments);
        if (count < 0) fail("cannot format");
        if ((size_t)count < room) {
            bytes->count += (size_t)count;
            return;
        }
    }
}

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double wall_seconds(void) { return seconds_of(CLOCK_REALTIME); }

double chance(void) {
    // SplitMix64
    uint64_t mixed = (options.seed += 0x9e3779b97f4a7c15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return (double)((mixed ^ (mixed >> 31)) >> 11) * 0x1.0p-53;
}

void counts_print(struct bytes *out) {
    bytes_print(out,
                "{\"items\":%llu,\"body_bytes\":%llu,\"requests\":%llu,\"write_requests\":%llu,"
                "\"throttled\":%llu,\"unprocessed\":%llu,\"connections\":%llu,"
                "\"connections_peak\":%llu,\"first_request_at\":%.6f,\"last_request_at\":%.6f,"
                "\"first_write_at\":%.6f,\"last_write_at\":%.6f,\"cpu_seconds\":%.6f}\n",
                (unsigned long long)counts.items, (unsigned long long)counts.body_bytes,
                (unsigned long long)counts.requests, (unsigned long long)counts.write_requests,
                (unsigned long long)counts.throttled, (unsigned long long)counts.unprocessed,
                (unsigned long long)counts.connections,
                (unsigned long long)counts.connections_peak, counts.first_request_at,
                counts.last_request_at, counts.first_write_at, counts.last_write_at,
                seconds_of(CLOCK_PROCESS_CPUTIME_ID));
}
