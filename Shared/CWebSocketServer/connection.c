#define _GNU_SOURCE
#include "server_internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/// Bytes that a connection which waits may keep of a buffer that was larger.
enum { BUFFER_KEPT_MAX = 65536 };
/// Bytes that are read at once: so much of one client, then the others' turn.
enum { CHUNK_MAX = 65536 };

// MARK: bytes

bool cws_reserve(cws_buffer *b, size_t count) {
    if (b->room - b->end >= count) return true;
    size_t size = cws_size(b);
    if (b->start && b->room - size >= count) {
        memmove(b->bytes, cws_first(b), size);
    } else {
        size_t wanted = (size + count) * 2;
        uint8_t *grown = malloc(wanted);
        if (!grown) return false;
        if (size) memcpy(grown, cws_first(b), size);
        free(b->bytes);
        b->bytes = grown;
        b->room = wanted;
    }
    b->start = 0;
    b->end = size;
    return true;
}

bool cws_append(cws_buffer *b, const void *more, size_t count) {
    if (!cws_reserve(b, count)) return false;
    if (count) memcpy(b->bytes + b->end, more, count);
    b->end += count;
    return true;
}

void cws_consume(cws_buffer *b, size_t count) { b->start += count; }

void cws_trim(cws_buffer *b) {
    if (cws_size(b)) return;
    if (b->room > BUFFER_KEPT_MAX) {
        free(b->bytes);
        *b = (cws_buffer){0};
    }
    b->start = b->end = 0;
}

bool cws_take_in(connection *c, size_t room) {
    size_t size = cws_size(&c->in);
    size_t wanted = room > size ? room - size : 0;
    if (wanted > CHUNK_MAX) wanted = CHUNK_MAX;
    cws_trim(&c->in);
    if (!wanted) return true;
    // A little room first: most requests are small, and a silent crowd is not to hold much.
    if (!cws_reserve(&c->in, c->in.room ? 1 : 1024)) return false;
    if (wanted > c->in.room - c->in.end) wanted = c->in.room - c->in.end;
    ssize_t count = recv(c->fd, c->in.bytes + c->in.end, wanted, 0);
    if (count > 0) c->in.end += (size_t)count;
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

bool cws_flush(cws_server *server, connection *c) {
    while (cws_size(&c->out)) {
        ssize_t count = send(c->fd, cws_first(&c->out), cws_size(&c->out), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) {
            c->is_blocked = true;
            return true;
        }
        if (count < 0) {
            cws_drop(c);
            return false;
        }
        cws_consume(&c->out, (size_t)count);
        if (c->stage == CWS_WRITING) c->since_ms = server->now_ms;
    }
    cws_trim(&c->out);
    if (c->stage == CWS_WRITING) cws_http_flushed(server, c);
    else if (c->stage == CWS_CLOSING) cws_socket_flushed(server, c);
    return c->stage != CWS_GONE;
}

// MARK: stages

connection *cws_find(const cws_server *server, cws_id id) {
    connection *c = server->slots[id % (uint64_t)server->limits.connections_max];
    return c && c->id == id && c->stage != CWS_GONE ? c : NULL;
}

void cws_enter(cws_server *server, connection *c, cws_stage stage) {
    c->stage = stage;
    c->since_ms = server->now_ms;
}

void cws_drop(connection *c) {
    close(c->fd);
    c->fd = -1;
    c->stage = CWS_GONE;
}

void cws_finish(cws_server *server, connection *c) {
    if (shutdown(c->fd, SHUT_WR)) return cws_drop(c);
    c->has_more = false;
    cws_enter(server, c, CWS_DRAINING);
}

// MARK: what the owner asks for

void cws_abort(cws_server *server, cws_id id) {
    connection *c = cws_find(server, id);
    if (!c) return;
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    cws_drop(c);
}

void cws_abort_http(cws_server *server, cws_id except) {
    for (int slot = 0; slot < server->limits.connections_max; slot++) {
        connection *c = server->slots[slot];
        if (c && !c->was_open && c->id != except) cws_abort(server, c->id);
    }
}

size_t cws_queued(const cws_server *server, cws_id id) {
    connection *c = cws_find(server, id);
    return c ? cws_size(&c->out) : 0;
}
