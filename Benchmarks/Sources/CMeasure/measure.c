// Stands in front of the C library's malloc, in the whole process, and counts.
//
// The linker finds these before the library's own; `__libc_malloc` and its kin are glibc's names for
// what they stand in front of.
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <time.h>

#include "measure.h"

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static __thread uint64_t allocations;
static __thread uint64_t allocated_bytes;

static void count(size_t bytes) {
    allocations++;
    allocated_bytes += bytes;
}

void *malloc(size_t bytes) {
    count(bytes);
    return __libc_malloc(bytes);
}

void *calloc(size_t number, size_t bytes) {
    count(number * bytes);
    return __libc_calloc(number, bytes);
}

void *realloc(void *memory, size_t bytes) {
    count(bytes);
    return __libc_realloc(memory, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    count(bytes);
    return __libc_memalign(alignment, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
    count(bytes);
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **memory, size_t alignment, size_t bytes) {
    count(bytes);
    *memory = __libc_memalign(alignment, bytes);
    return *memory ? 0 : ENOMEM;
}

uint64_t measure_allocations(void) { return allocations; }

uint64_t measure_allocated_bytes(void) { return allocated_bytes; }

__attribute__((noinline)) void measure_region(void (*body)(void *), void *context) {
    body(context);
    // Not a tail call: the caller's frame must be there while `body` runs.
    __asm__ volatile("" ::: "memory");
}

uint64_t measure_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void measure_keep(const void *pointer) { __asm__ volatile("" ::"r"(pointer) : "memory"); }
