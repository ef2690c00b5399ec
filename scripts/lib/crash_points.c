/* Ends or hinders a program at a chosen call to the outside, for tests of crash safety.
 *
 *   cc -shared -fPIC -O2 -Wall -Wextra -o crash_points.so crash_points.c -ldl
 *   LD_PRELOAD=./crash_points.so CRASH_STATE=DIR CRASH_AT=17 CRASH_HOW=before program
 *
 * What counts as a point: a read from or a write to a TCP connection; and, for files below
 * CRASH_STATE, each write, truncation, fsync, fdatasync, rename, unlink, mkdir and creation. Points
 * are numbered from 1 in the order in which the threads come to them.
 *
 *   CRASH_STATE   the directory whose files count
 *   CRASH_CALLS   all (the default), net or state: which points are counted at all
 *   CRASH_AT      the point at which something happens; 0 or nothing: never
 *   CRASH_HOW     before  SIGKILL instead of the call
 *                 after   SIGKILL after the call
 *                 half    a write or send of half the bytes, then SIGKILL; else as before
 *                 enospc  this and every later call that needs room fails: the disk is full
 *                 eio     this call fails, later ones do not: a disk reports its fault once
 *   CRASH_CLOCK   seconds by which the wall clock is off for the program
 *   CRASH_REPORT  a file: at the end how many points there were; at the point what it was
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum how { BEFORE, AFTER, HALF, ENOSPC_FROM_HERE, EIO_ONCE };
enum kind { NET, STATE_ROOM, STATE_OTHER };

static atomic_long points;
static long crash_at;
static long clock_ahead;
static enum how how;
static int counts_net = 1, counts_state = 1;
static char state[4096];
static const char *report;

static void say(const char *text) {
    if (report == NULL) return;
    int file = (int)syscall(SYS_openat, AT_FDCWD, report, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                            0600);
    if (file < 0) return;
    if (syscall(SYS_write, file, text, strlen(text)) < 0) { /* A report is no part of the test. */
    }
    syscall(SYS_close, file);
}

__attribute__((constructor)) static void start(void) {
    const char *value = getenv("CRASH_AT");
    crash_at = value ? strtol(value, NULL, 10) : 0;
    value = getenv("CRASH_CLOCK");
    clock_ahead = value ? strtol(value, NULL, 10) : 0;
    report = getenv("CRASH_REPORT");
    value = getenv("CRASH_STATE");
    if (value != NULL && realpath(value, state) == NULL) {
        /* It will be made later: an absolute path is asked for. */
        snprintf(state, sizeof state, "%s", value);
    }
    value = getenv("CRASH_CALLS");
    if (value != NULL && strcmp(value, "net") == 0) counts_state = 0;
    if (value != NULL && strcmp(value, "state") == 0) counts_net = 0;
    value = getenv("CRASH_HOW");
    static const char *names[] = {"before", "after", "half", "enospc", "eio"};
    for (int index = 0; value != NULL && index < 5; index++) {
        if (strcmp(value, names[index]) == 0) how = (enum how)index;
    }
}

__attribute__((destructor)) static void finish(void) {
    if (crash_at != 0) return;
    char text[64];
    snprintf(text, sizeof text, "%ld points\n", atomic_load(&points));
    say(text);
}

static int is_tcp(int descriptor) {
    int saved = errno;
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int is = getsockname(descriptor, (struct sockaddr *)&address, &length) == 0
        && (address.ss_family == AF_INET || address.ss_family == AF_INET6);
    errno = saved;
    return is;
}

static int is_state_path(const char *path) {
    size_t length = strlen(state);
    return length > 0 && path != NULL && strncmp(path, state, length) == 0
        && (path[length] == '/' || path[length] == 0);
}

/* Relative paths are looked up from where the program stands. */
static int is_state_name(int directory, const char *name) {
    char path[8192], base[4096];
    if (name == NULL || state[0] == 0) return 0;
    if (name[0] == '/') return is_state_path(name);
    int saved = errno;
    if (directory == AT_FDCWD) {
        if (getcwd(base, sizeof base) == NULL) base[0] = 0;
    } else {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
        ssize_t length = readlink(link, base, sizeof base - 1);
        base[length < 0 ? 0 : length] = 0;
    }
    errno = saved;
    snprintf(path, sizeof path, "%s/%s", base, name);
    return is_state_path(path);
}

static int is_state_file(int descriptor) {
    char link[64], path[4096];
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (length < 0) return 0;
    path[length] = 0;
    return is_state_path(path);
}

static void end(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

enum verdict { GO, GO_THEN_END, HALF_THEN_END, FAIL };

/* Counts a point and says what becomes of the call; ends the program where it is to end before. */
static enum verdict point(enum kind kind, const char *call) {
    if (kind == NET ? !counts_net : !counts_state) return GO;
    long number = atomic_fetch_add(&points, 1) + 1;
    int is_here = number == crash_at;
    if (how == ENOSPC_FROM_HERE && crash_at > 0 && number > crash_at && kind == STATE_ROOM) {
        errno = ENOSPC;
        return FAIL;
    }
    if (!is_here) return GO;
    char text[128];
    snprintf(text, sizeof text, "point %ld: %s\n", number, call);
    say(text);
    switch (how) {
    case BEFORE: end(); break;
    case AFTER: return GO_THEN_END;
    case HALF: return HALF_THEN_END;
    case ENOSPC_FROM_HERE: errno = ENOSPC; break;
    case EIO_ONCE: errno = EIO; break;
    }
    return FAIL;
}

#define NEXT(name) \
    static __typeof__(&name) next_##name; \
    if (next_##name == NULL) next_##name = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* A call that moves no bytes, or whose half is as good as none of it. */
#define PLAIN(kind, call, expression) \
    switch (point(kind, call)) { \
    case GO: return expression; \
    case FAIL: return -1; \
    case HALF_THEN_END: end(); break; \
    case GO_THEN_END: \
        if ((expression) < 0) { /* The end comes all the same. */ \
        } \
        end(); \
    } \
    return -1

#define BYTES(kind, call, whole, half) \
    switch (point(kind, call)) { \
    case GO: return whole; \
    case FAIL: return -1; \
    case HALF_THEN_END: \
        if ((half) < 0) { \
        } \
        end(); \
        break; \
    case GO_THEN_END: \
        if ((whole) < 0) { \
        } \
        end(); \
    } \
    return -1

ssize_t write(int file, const void *bytes, size_t count) {
    NEXT(write);
    if (is_state_file(file)) {
        BYTES(STATE_ROOM, "write", next_write(file, bytes, count),
              next_write(file, bytes, count / 2));
    }
    if (is_tcp(file)) {
        BYTES(NET, "write to a socket", next_write(file, bytes, count),
              next_write(file, bytes, count / 2));
    }
    return next_write(file, bytes, count);
}

ssize_t writev(int file, const struct iovec *pieces, int count) {
    NEXT(writev);
    if (is_state_file(file)) {
        BYTES(STATE_ROOM, "writev", next_writev(file, pieces, count),
              next_writev(file, pieces, count / 2));
    }
    if (is_tcp(file)) {
        BYTES(NET, "writev to a socket", next_writev(file, pieces, count),
              next_writev(file, pieces, count / 2));
    }
    return next_writev(file, pieces, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    NEXT(pwrite);
    if (is_state_file(file)) {
        BYTES(STATE_ROOM, "pwrite", next_pwrite(file, bytes, count, offset),
              next_pwrite(file, bytes, count / 2, offset));
    }
    return next_pwrite(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    NEXT(pwrite64);
    if (is_state_file(file)) {
        BYTES(STATE_ROOM, "pwrite", next_pwrite64(file, bytes, count, offset),
              next_pwrite64(file, bytes, count / 2, offset));
    }
    return next_pwrite64(file, bytes, count, offset);
}

ssize_t send(int socket, const void *bytes, size_t count, int flags) {
    NEXT(send);
    if (is_tcp(socket)) {
        BYTES(NET, "send", next_send(socket, bytes, count, flags),
              next_send(socket, bytes, count / 2, flags));
    }
    return next_send(socket, bytes, count, flags);
}

ssize_t sendto(int socket, const void *bytes, size_t count, int flags,
               const struct sockaddr *address, socklen_t length) {
    NEXT(sendto);
    if (is_tcp(socket)) {
        BYTES(NET, "sendto", next_sendto(socket, bytes, count, flags, address, length),
              next_sendto(socket, bytes, count / 2, flags, address, length));
    }
    return next_sendto(socket, bytes, count, flags, address, length);
}

ssize_t sendmsg(int socket, const struct msghdr *message, int flags) {
    NEXT(sendmsg);
    if (is_tcp(socket)) { PLAIN(NET, "sendmsg", next_sendmsg(socket, message, flags)); }
    return next_sendmsg(socket, message, flags);
}

ssize_t read(int file, void *bytes, size_t count) {
    NEXT(read);
    if (is_tcp(file)) { PLAIN(NET, "read from a socket", next_read(file, bytes, count)); }
    return next_read(file, bytes, count);
}

ssize_t __read_chk(int file, void *bytes, size_t count, size_t size) {
    if (count > size) abort();
    return read(file, bytes, count);
}

ssize_t recv(int socket, void *bytes, size_t count, int flags) {
    NEXT(recv);
    if (is_tcp(socket)) { PLAIN(NET, "recv", next_recv(socket, bytes, count, flags)); }
    return next_recv(socket, bytes, count, flags);
}

ssize_t __recv_chk(int socket, void *bytes, size_t count, size_t size, int flags) {
    if (count > size) abort();
    return recv(socket, bytes, count, flags);
}

ssize_t recvfrom(int socket, void *restrict bytes, size_t count, int flags,
                 struct sockaddr *restrict address, socklen_t *restrict length) {
    NEXT(recvfrom);
    if (is_tcp(socket)) {
        PLAIN(NET, "recvfrom", next_recvfrom(socket, bytes, count, flags, address, length));
    }
    return next_recvfrom(socket, bytes, count, flags, address, length);
}

int fsync(int file) {
    NEXT(fsync);
    if (is_state_file(file)) { PLAIN(STATE_OTHER, "fsync", next_fsync(file)); }
    return next_fsync(file);
}

int fdatasync(int file) {
    NEXT(fdatasync);
    if (is_state_file(file)) { PLAIN(STATE_OTHER, "fdatasync", next_fdatasync(file)); }
    return next_fdatasync(file);
}

int ftruncate(int file, off_t length) {
    NEXT(ftruncate);
    if (is_state_file(file)) { PLAIN(STATE_ROOM, "ftruncate", next_ftruncate(file, length)); }
    return next_ftruncate(file, length);
}

int ftruncate64(int file, off64_t length) {
    NEXT(ftruncate64);
    if (is_state_file(file)) { PLAIN(STATE_ROOM, "ftruncate", next_ftruncate64(file, length)); }
    return next_ftruncate64(file, length);
}

int posix_fallocate(int file, off_t offset, off_t length) {
    NEXT(posix_fallocate);
    if (is_state_file(file)) {
        enum verdict verdict = point(STATE_ROOM, "posix_fallocate");
        /* It returns its error. */
        if (verdict == FAIL) return errno;
        if (verdict == HALF_THEN_END) end();
        int result = next_posix_fallocate(file, offset, length);
        if (verdict == GO_THEN_END) end();
        return result;
    }
    return next_posix_fallocate(file, offset, length);
}

int rename(const char *from, const char *to) {
    NEXT(rename);
    if (is_state_name(AT_FDCWD, to)) { PLAIN(STATE_OTHER, "rename", next_rename(from, to)); }
    return next_rename(from, to);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
    NEXT(renameat);
    if (is_state_name(to_directory, to)) {
        PLAIN(STATE_OTHER, "renameat", next_renameat(from_directory, from, to_directory, to));
    }
    return next_renameat(from_directory, from, to_directory, to);
}

int unlink(const char *name) {
    NEXT(unlink);
    if (is_state_name(AT_FDCWD, name)) { PLAIN(STATE_OTHER, "unlink", next_unlink(name)); }
    return next_unlink(name);
}

int unlinkat(int directory, const char *name, int flags) {
    NEXT(unlinkat);
    if (is_state_name(directory, name)) {
        PLAIN(STATE_OTHER, "unlinkat", next_unlinkat(directory, name, flags));
    }
    return next_unlinkat(directory, name, flags);
}

int mkdir(const char *name, mode_t mode) {
    NEXT(mkdir);
    if (is_state_name(AT_FDCWD, name)) { PLAIN(STATE_ROOM, "mkdir", next_mkdir(name, mode)); }
    return next_mkdir(name, mode);
}

int mkdirat(int directory, const char *name, mode_t mode) {
    NEXT(mkdirat);
    if (is_state_name(directory, name)) {
        PLAIN(STATE_ROOM, "mkdirat", next_mkdirat(directory, name, mode));
    }
    return next_mkdirat(directory, name, mode);
}

static mode_t mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        NEXT(name); \
        va_list arguments; \
        va_start(arguments, flags); \
        mode_t mode = mode_of(flags, arguments); \
        va_end(arguments); \
        if ((flags & O_CREAT) && is_state_name(AT_FDCWD, path)) { \
            PLAIN(STATE_ROOM, "open", next_##name(path, flags, mode)); \
        } \
        return next_##name(path, flags, mode); \
    }

#define OPENAT(name) \
    int name(int directory, const char *path, int flags, ...) { \
        NEXT(name); \
        va_list arguments; \
        va_start(arguments, flags); \
        mode_t mode = mode_of(flags, arguments); \
        va_end(arguments); \
        if ((flags & O_CREAT) && is_state_name(directory, path)) { \
            PLAIN(STATE_ROOM, "openat", next_##name(directory, path, flags, mode)); \
        } \
        return next_##name(directory, path, flags, mode); \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int clock_gettime(clockid_t clock, struct timespec *now) {
    NEXT(clock_gettime);
    int result = next_clock_gettime(clock, now);
    if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += clock_ahead;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    NEXT(gettimeofday);
    int result = next_gettimeofday(now, zone);
    if (result == 0) now->tv_sec += clock_ahead;
    return result;
}

time_t time(time_t *now) {
    struct timespec moment;
    clock_gettime(CLOCK_REALTIME, &moment);
    if (now != NULL) *now = moment.tv_sec;
    return moment.tv_sec;
}
