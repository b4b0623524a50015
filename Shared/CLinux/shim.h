#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H
// What Swift's Glibc module leaves out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/types.h>

// Declared by fcntl.h only with _GNU_SOURCE.
extern int sync_file_range(int descriptor, off_t offset, off_t count, unsigned int flags);

/// Has the system begin to write a part of a file to the disk, without waiting. 0, or -1.
static inline int clinux_start_writing(int descriptor, off_t offset, off_t count) {
    const unsigned int write = 2;  // SYNC_FILE_RANGE_WRITE
    return sync_file_range(descriptor, offset, count, write);
}
#endif
