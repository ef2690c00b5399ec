// What a benchmark cannot measure from Swift.
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

/// Allocations that the calling thread has made since it began: malloc and its kin.
uint64_t measure_allocations(void);
/// Bytes of them, as they were asked for.
uint64_t measure_allocated_bytes(void);

/// Calls `body`; valgrind counts the instructions of this function and of what it calls.
void measure_region(void (*body)(void *), void *context);

/// Nanoseconds of the clock that no one sets.
uint64_t measure_nanoseconds(void);

/// Reads a byte so that the compiler cannot leave out what made it.
void measure_keep(const void *pointer);

#endif
