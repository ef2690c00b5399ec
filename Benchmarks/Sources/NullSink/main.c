// A null sink: speaks enough DynamoDB for an engine to write to it at full speed, keeps nothing,
// and counts. One thread, epoll, HTTP/1.1 with kept-alive connections; it checks no signature.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "sink.h"

enum { READ_BYTES = 256 * 1024, HEAD_BYTES_MAX = 64 * 1024, BODY_BYTES_MAX = 64 * 1024 * 1024 };
enum { TICK_NANOSECONDS = 250 * 1000 };

struct connection {
    int socket;
    bool is_watching_output;
    bool closes;
    bool is_answering;    // an answer waits for its time, or is being sent
    bool has_continued;   // 100 Continue was sent for the request that is coming in
    struct bytes input;
    size_t head_bytes;    // of the request that is coming in; 0: not known yet
    size_t body_bytes;
    struct bytes output;
    size_t sent;
    uint64_t due;         // when the answer may go, in nanoseconds of the monotonic clock
    struct connection *next_due;
};

static int epoll = -1;
static int timer = -1;
static struct connection *due_first, *due_last;

static uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// MARK: Connections

static void watch(struct connection *connection, bool output) {
    if (connection->is_watching_output == output) return;
    connection->is_watching_output = output;
    struct epoll_event event = {.events = EPOLLIN | (output ? EPOLLOUT : 0),
                                .data.ptr = connection};
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, connection->socket, &event) != 0) fail("epoll_ctl");
}

static void forget_due(struct connection *connection) {
    struct connection **place = &due_first, *before = NULL;
    while (*place && *place != connection) {
        before = *place;
        place = &(*place)->next_due;
    }
    if (!*place) return;
    *place = connection->next_due;
    if (due_last == connection) due_last = before;
}

static void end(struct connection *connection) {
    if (connection->due) forget_due(connection);
    close(connection->socket);
    free(connection->input.base);
    free(connection->output.base);
    free(connection);
    counts.connections_open--;
}

/// Returns false where the connection is gone.
static bool flush(struct connection *connection) {
    struct bytes *output = &connection->output;
    while (connection->sent < output->count) {
        ssize_t count = send(connection->socket, output->base + connection->sent,
                             output->count - connection->sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            watch(connection, true);
            return true;
        }
        if (count < 0) {
            end(connection);
            return false;
        }
        connection->sent += (size_t)count;
    }
    watch(connection, false);
    output->count = 0;
    connection->sent = 0;
    connection->is_answering = false;
    if (!connection->closes) return true;
    end(connection);
    return false;
}

static void arm(void) {
    struct itimerspec when = {0};
    if (due_first) {
        when.it_value.tv_sec = (time_t)(due_first->due / 1000000000u);
        when.it_value.tv_nsec = (long)(due_first->due % 1000000000u);
    }
    if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL) != 0) fail("timerfd_settime");
}

/// All wait for the same time, so those that came first go first.
///
/// What is due within one tick goes out together, never too soon: a timer for each answer would take
/// more of the processor than the answer.
static void wait_for_time(struct connection *connection) {
    uint64_t due = nanoseconds() + (uint64_t)(options.latency_ms * 1e6);
    connection->due = (due + TICK_NANOSECONDS - 1) / TICK_NANOSECONDS * TICK_NANOSECONDS;
    connection->next_due = NULL;
    if (due_last) due_last->next_due = connection;
    else due_first = connection;
    due_last = connection;
    if (due_first == connection) arm();
}

// MARK: Requests

/// The value of a header; the head ends with an empty line.
static struct span header(struct span head, const char *name) {
    size_t length = strlen(name);
    const char *line = head.from, *end = head.from + head.count;
    while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        line++;
        if ((size_t)(end - line) <= length + 1) break;
        if (line[length] != ':' || strncasecmp(line, name, length) != 0) continue;
        const char *value = line + length + 1;
        const char *stop = memchr(value, '\r', (size_t)(end - value));
        if (!stop) break;
        while (value < stop && *value == ' ') value++;
        return (struct span){value, (size_t)(stop - value)};
    }
    return (struct span){NULL, 0};
}

static void respond(struct connection *connection, int status, const struct bytes *body) {
    static uint64_t number;
    unsigned long sum = crc32(0, (const unsigned char *)body->base, (unsigned)body->count);
    bytes_print(&connection->output,
                "HTTP/1.1 %d %s\r\nx-amzn-RequestId: NULL%022llX\r\nx-amz-crc32: %lu\r\n"
                "Content-Type: application/x-amz-json-1.0\r\nContent-Length: %zu\r\n%s\r\n",
                status, status == 200 ? "OK" : "Bad Request", (unsigned long long)++number, sum,
                body->count, connection->closes ? "Connection: close\r\n" : "");
    if (body->count) bytes_append(&connection->output, body->base, body->count);
    connection->is_answering = true;
}

static void handle(struct connection *connection, struct span head, struct span body) {
    static struct bytes answer;
    struct span target = header(head, "x-amz-target");
    struct span wish = header(head, "connection");
    connection->closes = wish.from && wish.count == 5 && strncasecmp(wish.from, "close", 5) == 0;
    answer.count = 0;
    bytes_reserve(&answer, 1);
    bool is_control = strncmp(head.from, "GET /stats ", 11) == 0
        || strncmp(head.from, "POST /reset ", 12) == 0;
    if (is_control) {
        if (head.from[0] == 'P') {
            struct counts fresh = {.connections_open = counts.connections_open};
            counts = fresh;
        }
        counts_print(&answer);
        respond(connection, 200, &answer);
        return;
    }
    double now = wall_seconds();
    counts.requests++;
    counts.body_bytes += body.count;
    if (counts.first_request_at == 0) counts.first_request_at = now;
    counts.last_request_at = now;
    const char *dot = target.from ? memchr(target.from, '.', target.count) : NULL;
    struct span operation = {"", 0};
    if (dot) {
        operation = (struct span){dot + 1, (size_t)(target.from + target.count - dot - 1)};
    }
    int status = dynamodb_answer(operation, body, &answer);
    respond(connection, status, &answer);
    if (options.latency_ms > 0) wait_for_time(connection);
}

/// Whether the head of the next request is in; sets its sizes. -1: not HTTP as we speak it.
static int read_head(struct connection *connection) {
    struct bytes *input = &connection->input;
    const char *stop = memmem(input->base, input->count, "\r\n\r\n", 4);
    if (!stop) return input->count > HEAD_BYTES_MAX ? -1 : 0;
    connection->head_bytes = (size_t)(stop - input->base) + 4;
    struct span head = {input->base, connection->head_bytes};
    struct span length = header(head, "content-length");
    connection->body_bytes = length.from ? strtoull(length.from, NULL, 10) : 0;
    if (connection->body_bytes > BODY_BYTES_MAX) return -1;
    if (header(head, "transfer-encoding").from) return -1;
    bool expects = header(head, "expect").from != NULL;
    // From here on the head may lie elsewhere.
    bytes_reserve(input, connection->body_bytes);
    if (expects && !connection->has_continued) {
        static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
        connection->has_continued = true;
        if (send(connection->socket, text, sizeof text - 1, MSG_NOSIGNAL) < 0) return -1;
    }
    return 1;
}

/// Answers the requests that are in; returns false where the connection is gone.
static bool serve(struct connection *connection) {
    struct bytes *input = &connection->input;
    while (!connection->is_answering) {
        if (!connection->head_bytes) {
            int found = read_head(connection);
            if (found < 0) {
                end(connection);
                return false;
            }
            if (!found) return true;
        }
        size_t whole = connection->head_bytes + connection->body_bytes;
        if (input->count < whole) return true;
        handle(connection, (struct span){input->base, connection->head_bytes},
               (struct span){input->base + connection->head_bytes, connection->body_bytes});
        input->count -= whole;
        if (input->count) memmove(input->base, input->base + whole, input->count);
        connection->head_bytes = 0;
        connection->has_continued = false;
        if (!connection->due && !flush(connection)) return false;
    }
    return true;
}

static void receive(struct connection *connection) {
    struct bytes *input = &connection->input;
    bytes_reserve(input, READ_BYTES);
    ssize_t count = recv(connection->socket, input->base + input->count,
                         input->capacity - input->count, 0);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (count <= 0) {
        end(connection);
        return;
    }
    input->count += (size_t)count;
    serve(connection);
}

static void send_due(void) {
    uint64_t expirations;
    if (read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) fail("timerfd");
    uint64_t now = nanoseconds();
    while (due_first && due_first->due <= now) {
        struct connection *connection = due_first;
        due_first = connection->next_due;
        if (!due_first) due_last = NULL;
        connection->due = 0;
        if (flush(connection)) serve(connection);
    }
    arm();
}

// MARK: The process

static void accept_all(int listener) {
    for (;;) {
        int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) {
            if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
            fail("accept");
        }
        int one = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection) fail("out of memory");
        connection->socket = socket;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) != 0) fail("epoll_ctl");
        counts.connections++;
        counts.connections_open++;
        if (counts.connections_open > counts.connections_peak) {
            counts.connections_peak = counts.connections_open;
        }
    }
}

static int listen_on_loopback(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) fail("socket");
    int one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) fail("bind");
    if (listen(listener, 512) != 0) fail("listen");
    socklen_t length = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &length) != 0) fail("getsockname");
    printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void watch_readable(int file, void *mark) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event) != 0) fail("epoll_ctl");
}

/// Serves the events of one wake-up; returns whether the process is to end.
///
/// A connection ends only on its own event or when its answer is due, and those that are due come
/// last: no event is of one that is gone.
static bool serve_events(struct epoll_event *events, int count, int *listener, int *ending) {
    bool is_due = false;
    for (int index = 0; index < count; index++) {
        void *mark = events[index].data.ptr;
        if (mark == listener) {
            accept_all(*listener);
        } else if (mark == &timer) {
            is_due = true;
        } else if (mark == ending) {
            return true;
        } else {
            struct connection *connection = mark;
            if (events[index].events & EPOLLOUT) {
                if (!flush(connection) || !serve(connection)) continue;
            }
            if (events[index].events & ~(uint32_t)EPOLLOUT) receive(connection);
        }
    }
    if (is_due) send_due();
    return false;
}

int main(int count, char **arguments) {
    struct epoll_event events[256];
    options_parse(count, arguments);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0) fail("sigprocmask");
    int ending = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (epoll < 0 || timer < 0 || ending < 0) fail("cannot make the event loop");
    int listener = listen_on_loopback();
    watch_readable(listener, &listener);
    watch_readable(timer, &timer);
    watch_readable(ending, &ending);
    for (;;) {
        int ready = epoll_wait(epoll, events, 256, -1);
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0) fail("epoll_wait");
        if (serve_events(events, ready, &listener, &ending)) break;
    }
    struct bytes text = {0};
    counts_print(&text);
    fwrite(text.base, 1, text.count, stdout);
    return 0;
}
