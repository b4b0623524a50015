#ifndef CTLSSERVER_H
#define CTLSSERVER_H

// A TLS door before a plain TCP port of the loopback, with a certificate of its own making: valid for ten days, for
// `localhost` and 127.0.0.1. For a simulated venue, whose clients may insist on TLS; nothing to put before a real one.

#include <stdint.h>

typedef struct tls_server tls_server;

typedef struct {
    /// When so many are there, a new one takes the place of the slowest handshake, or is turned away.
    int connections_max;
    /// Milliseconds: from the first byte to the end of the handshake; in which either end takes nothing of what waits for
    /// it; that a client has to close after the last byte. Beyond: the connection is closed. Silence between two bytes is
    /// the business of the port behind.
    int64_t handshake_ms, stall_ms, goodbye_ms;
} tls_limits;

/// Listens on `host:port` (0 takes a free one) and passes what it decrypts to `target_port`, in one thread of its own.
/// The certificate is written to `certificate_path` in PEM form. NULL when it can't: `errno` says why.
tls_server *tls_start(
    const char *host, int port, int target_port, const char *certificate_path, const tls_limits *limits);
int tls_port(const tls_server *server);
/// Why connections could not be taken since this was asked last: an errno (EBUSY: `connections_max` of them are at work), or
/// 0. Told once in ten seconds; the door goes on by itself.
int tls_take_trouble(tls_server *server);
/// Ends all connections and the thread.
void tls_stop(tls_server *server);

#endif
