#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H
// What Swift's Glibc module leaves out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#endif
