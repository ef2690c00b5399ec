// Just enough JSON to find members and elements of well-formed text without building anything.
#include <string.h>

#include "sink.h"

const char *json_skip_space(const char *from, const char *end) {
    while (from < end && (*from == ' ' || *from == '\n' || *from == '\r' || *from == '\t')) from++;
    return from;
}

static const char *string_end(const char *from, const char *end) {
    for (from++; from < end; from++) {
        if (*from == '\\') from++;
        else if (*from == '"') return from + 1;
    }
    return NULL;
}

const char *json_end(const char *from, const char *end) {
    int depth = 0;
    from = json_skip_space(from, end);
    while (from < end) {
        char byte = *from;
        if (byte == '"') {
            from = string_end(from, end);
            if (!from) return NULL;
        } else if (byte == '{' || byte == '[') {
            depth++;
            from++;
        } else if (byte == '}' || byte == ']') {
            if (depth == 0) return from;
            depth--;
            from++;
        } else if (depth == 0) {
            while (from < end && !strchr(",]} \n\r\t", *from)) from++;
            return from;
        } else {
            from++;
        }
        if (depth == 0) return from;
    }
    return NULL;
}

struct span json_next(struct span container, const char **position) {
    const struct span none = {NULL, 0};
    if (!container.from) return none;
    const char *end = container.from + container.count;
    const char *from = *position ? *position : json_skip_space(container.from, end) + 1;
    from = json_skip_space(from, end);
    if (from < end && *from == ',') from = json_skip_space(from + 1, end);
    if (from >= end || *from == ']' || *from == '}') return none;
    const char *stop = json_end(from, end);
    if (!stop) return none;
    // A member: its name, then its value.
    const char *colon = json_skip_space(stop, end);
    if (colon < end && *colon == ':') stop = json_end(colon + 1, end);
    if (!stop) return none;
    *position = stop;
    return (struct span){from, (size_t)(stop - from)};
}

struct span json_member(struct span object, const char *name) {
    const char *position = NULL;
    size_t length = strlen(name);
    for (;;) {
        struct span member = json_next(object, &position);
        if (!member.from) return member;
        const char *end = member.from + member.count;
        const char *stop = string_end(member.from, end);
        if (!stop || (size_t)(stop - member.from) != length + 2) continue;
        if (memcmp(member.from + 1, name, length) != 0) continue;
        const char *value = json_skip_space(stop, end);
        value = json_skip_space(value + 1, end);
        return (struct span){value, (size_t)(end - value)};
    }
}

struct span json_text(struct span value) {
    if (!value.from || value.count < 2 || *value.from != '"') return (struct span){NULL, 0};
    return (struct span){value.from + 1, value.count - 2};
}
