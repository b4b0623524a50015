#ifndef CTLSTALK_H
#define CTLSTALK_H

// A TLS client without a socket: what it would send is taken, what came is given. So a test may lose, cut and invent bytes
// between it and a server.

#include <stdbool.h>
#include <stddef.h>

typedef struct tls_talk tls_talk;

/// Trusts any certificate. NULL when out of memory.
tls_talk *tls_talk_open(void);
void tls_talk_close(tls_talk *talk);
/// Bytes for the server, at most `max` of them. How many there were.
size_t tls_talk_take(tls_talk *talk, void *bytes, size_t max);
/// Bytes from the server. False when they make no sense.
bool tls_talk_give(tls_talk *talk, const void *bytes, size_t size);
/// Whether the handshake is done.
bool tls_talk_is_ready(const tls_talk *talk);
bool tls_talk_write(tls_talk *talk, const void *bytes, size_t size);
/// What the server said, at most `max` bytes. How many there were.
size_t tls_talk_read(tls_talk *talk, void *bytes, size_t max);
/// Says goodbye.
void tls_talk_finish(tls_talk *talk);

#endif
