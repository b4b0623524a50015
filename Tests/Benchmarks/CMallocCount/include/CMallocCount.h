#ifndef CMALLOCCOUNT_H
#define CMALLOCCOUNT_H

#include <stdint.h>

/// Blocks that were asked for since the process began, by this program and every library in it. A program that links this
/// target has its allocations counted.
uint64_t cmalloccount_total(void);

#endif
