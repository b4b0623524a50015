#ifndef TLS_SERVER_INTERNAL_H
#define TLS_SERVER_INTERNAL_H

#include "CTlsServer.h"
#include <openssl/ssl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/// Bytes on their way in one direction: as much as a TLS record holds. More is read only when they have gone, so who is slow
/// to take slows down who sends.
enum { TLS_BYTES_MAX = 16384 };

typedef struct {
    char bytes[TLS_BYTES_MAX];
    size_t start, end;
    bool is_ended;  // nothing more comes from where these came
} tls_bytes;

typedef struct {
    SSL *tls;
    int outside, inside;
    tls_bytes inward, outward;
    bool is_shaken, is_leaving, has_shut_inside;
    bool wants_to_write;  // OpenSSL, before it can read on
    bool has_more;        // without a word of poll: OpenSSL may hold decrypted bytes
    int polled_at, polled_count;  // its places in the table of what is waited for
    int64_t since_ms;     // handshake or goodbye began; else, bytes moved
} tls_passage;

/// A server's context with a key and a certificate of its own. NULL when it can't.
SSL_CTX *tls_make_context(const char *certificate_path);

/// Takes a connection. NULL, and `outside` closed, when out of memory or descriptors.
tls_passage *tls_open(SSL_CTX *context, int outside, int64_t now_ms);
/// Moves what can be moved. False when the passage has ended.
bool tls_advance(tls_passage *p, int target_port, int64_t now_ms);
/// Writes what is waited for outside and inside, and gives how many of both are.
int tls_wanted(const tls_passage *p, struct pollfd *ends);
/// When its wait ends.
int64_t tls_deadline(const tls_passage *p, const tls_limits *limits);
void tls_close(tls_passage *p);

#endif
