#define _GNU_SOURCE
#include "server_internal.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/// Times that bytes are moved for one connection before the others have their turn.
enum { ROUNDS_A_TURN = 8 };

static bool is_empty(const tls_bytes *b) { return b->start == b->end; }

tls_passage *tls_open(SSL_CTX *context, int outside, int64_t now_ms) {
    int on = 1;
    setsockopt(outside, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    tls_passage *p = calloc(1, sizeof *p);
    SSL *tls = p ? SSL_new(context) : NULL;
    if (!tls || !SSL_set_fd(tls, outside)) {
        SSL_free(tls);
        free(p);
        close(outside);
        return NULL;
    }
    SSL_set_accept_state(tls);
    p->tls = tls;
    p->outside = outside;
    p->inside = -1;
    p->since_ms = now_ms;
    return p;
}

void tls_close(tls_passage *p) {
    SSL_free(p->tls);
    close(p->outside);
    if (p->inside >= 0) close(p->inside);
    free(p);
}

/// What a call of OpenSSL has come to: 1 done, 0 not now, -1 the end by a goodbye, -2 broken.
static int outcome(tls_passage *p, int result) {
    if (result > 0) return 1;
    switch (SSL_get_error(p->tls, result)) {
    case SSL_ERROR_WANT_WRITE: p->wants_to_write = true; return 0;
    case SSL_ERROR_WANT_READ: return 0;
    case SSL_ERROR_ZERO_RETURN: return -1;
    default: return -2;
    }
}

/// Only who has shaken hands gets a connection inside. It is still in progress when this returns.
static bool connect_inside(tls_passage *p, int port) {
    int on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    p->inside = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->inside < 0) return false;
    setsockopt(p->inside, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return !connect(p->inside, (struct sockaddr *)&address, sizeof address) || errno == EINPROGRESS;
}

// Each of these moves what it can: 1 something, 0 nothing, negative: the passage is broken.

static int read_outside(tls_passage *p) {
    tls_bytes *b = &p->inward;
    if (!is_empty(b) || b->is_ended) return 0;
    ERR_clear_error();
    int count = SSL_read(p->tls, b->bytes, sizeof b->bytes), result = outcome(p, count);
    if (result == -1) b->is_ended = true;
    if (result == 1) {
        b->start = 0;
        b->end = (size_t)count;
    }
    return result == -1 ? 1 : result;
}

static int write_inside(tls_passage *p) {
    tls_bytes *b = &p->inward;
    if (is_empty(b)) {
        if (b->is_ended && !p->has_shut_inside) p->has_shut_inside = !shutdown(p->inside, SHUT_WR);
        return 0;
    }
    ssize_t count = send(p->inside, b->bytes + b->start, b->end - b->start, MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : -2;
    b->start += (size_t)count;
    return count > 0;
}

static int read_inside(tls_passage *p) {
    tls_bytes *b = &p->outward;
    if (!is_empty(b) || b->is_ended) return 0;
    ssize_t count = recv(p->inside, b->bytes, sizeof b->bytes, 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : -2;
    b->is_ended = count == 0;
    b->start = 0;
    b->end = (size_t)count;
    return 1;
}

static int write_outside(tls_passage *p) {
    tls_bytes *b = &p->outward;
    if (is_empty(b)) return 0;
    ERR_clear_error();
    int count = SSL_write(p->tls, b->bytes + b->start, (int)(b->end - b->start)), result = outcome(p, count);
    if (result == 1) b->start += (size_t)count;
    return result == -1 ? -2 : result;
}

/// Says no more, and waits for the client's end: a close with unread bytes would take the last words back.
static bool leave(tls_passage *p, int64_t now_ms) {
    ERR_clear_error();
    SSL_shutdown(p->tls);
    p->is_leaving = true;
    p->since_ms = now_ms;
    return !shutdown(p->outside, SHUT_WR);
}

static bool drain(tls_passage *p) {
    ssize_t count = recv(p->outside, p->inward.bytes, sizeof p->inward.bytes, 0);
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

bool tls_advance(tls_passage *p, int target_port, int64_t now_ms) {
    p->has_more = p->wants_to_write = false;
    if (p->is_leaving) return drain(p);
    if (!p->is_shaken) {
        ERR_clear_error();
        int result = outcome(p, SSL_accept(p->tls));
        if (result <= 0) return result == 0;
        p->is_shaken = true;
        p->since_ms = now_ms;
        if (!connect_inside(p, target_port)) return false;
    }
    for (int round = 0; round < ROUNDS_A_TURN; round++) {
        int moved[] = {read_outside(p), write_inside(p), read_inside(p), write_outside(p)};
        p->has_more = false;
        for (int at = 0; at < 4; at++) {
            if (moved[at] < 0) return false;
            if (moved[at]) p->has_more = true;
        }
        if (p->has_more) p->since_ms = now_ms;
        if (is_empty(&p->outward) && p->outward.is_ended) {
            p->has_more = false;
            return leave(p, now_ms);
        }
        if (!p->has_more) return true;
    }
    return true;
}

int tls_wanted(const tls_passage *p, struct pollfd *ends) {
    bool may_read = p->is_leaving || !p->is_shaken || (is_empty(&p->inward) && !p->inward.is_ended);
    bool must_write = p->wants_to_write || !is_empty(&p->outward);
    bool is_passing = p->is_shaken && !p->is_leaving;
    short outside = (short)((may_read ? POLLIN : 0) | (must_write ? POLLOUT : 0));
    short inside = (short)((is_empty(&p->outward) ? POLLIN : 0) | (is_empty(&p->inward) ? 0 : POLLOUT));
    int count = 0;
    // Poll tells of a hang-up even when nothing is asked, and refuses a table longer than the process may have descriptors:
    // who is not waited for is left out.
    if (outside) ends[count++] = (struct pollfd){.fd = p->outside, .events = outside};
    if (is_passing && inside) ends[count++] = (struct pollfd){.fd = p->inside, .events = inside};
    return count;
}

int64_t tls_deadline(const tls_passage *p, const tls_limits *limits) {
    if (p->is_leaving) return p->since_ms + limits->goodbye_ms;
    if (!p->is_shaken) return p->since_ms + limits->handshake_ms;
    return is_empty(&p->inward) && is_empty(&p->outward) ? INT64_MAX : p->since_ms + limits->stall_ms;
}
