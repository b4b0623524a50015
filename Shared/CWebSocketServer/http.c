#define _GNU_SOURCE
#include "server_internal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static void refuse(cws_server *server, connection *c, const char *status) {
    char text[160];
    int n = snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);
    cws_respond(server, c->id, (const uint8_t *)text, (size_t)n, false);
}

/// The value of a header: NULL when it is absent. `size` is its length.
static const char *header(const uint8_t *head, size_t head_size, const char *name, size_t *size) {
    const char *at = (const char *)head, *end = at + head_size;
    size_t name_size = strlen(name);
    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        at++;
        if ((size_t)(end - at) <= name_size || strncasecmp(at, name, name_size) || at[name_size] != ':') continue;
        at += name_size + 1;
        while (at < end && *at == ' ') at++;
        const char *stop = memchr(at, '\r', (size_t)(end - at));
        *size = (size_t)((stop ? stop : end) - at);
        return at;
    }
    return NULL;
}

static bool asks_to_upgrade(const uint8_t *head, size_t size) {
    size_t n = 0;
    const char *value = header(head, size, "Upgrade", &n);
    return value && n == 9 && !strncasecmp(value, "websocket", 9);
}

/// Serves the first request in the buffer. 0: more bytes are needed, or no more are wanted; 1: served; -1: handed over.
static int serve_one(cws_server *server, connection *c) {
    uint8_t *stop = memmem(c->in, c->in_size, "\r\n\r\n", 4);
    if (!stop) {
        if (c->in_size > server->limits.head_max) refuse(server, c, "431 Request Header Fields Too Large");
        return 0;
    }
    size_t head = (size_t)(stop - c->in) + 4, n = 0;
    if (asks_to_upgrade(c->in, head)) {
        if (server->handlers.upgrade(server->owner, c->id, c->in, head)) return cws_hand_over(server, c) ? -1 : 0;
        c->close_when_sent = true;
        return 0;
    }
    const char *value = header(c->in, head, "Content-Length", &n);
    char digits[20] = {0};
    if (value) memcpy(digits, value, n < 19 ? n : 19);
    size_t body = strtoull(digits, NULL, 10);
    if (header(c->in, head, "Transfer-Encoding", &n)) return refuse(server, c, "411 Length Required"), 0;
    if (body > server->limits.body_max) return refuse(server, c, "413 Content Too Large"), 0;
    if (c->in_size < head + body) return 0;
    server->handlers.request(server->owner, c->id, c->in, head, c->in + head, body);
    memmove(c->in, c->in + head + body, c->in_size - head - body);
    c->in_size -= head + body;
    return 1;
}

int cws_http_readable(cws_server *server, connection *c) {
    uint8_t chunk[16384];
    ssize_t count = read(c->fd, chunk, sizeof chunk);
    if (count == 0) return -1;
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (!cws_append(&c->in, &c->in_size, &c->in_room, chunk, (size_t)count)) return -1;
    int served = 1;
    while (served == 1 && !c->close_when_sent && c->in_size) served = serve_one(server, c);
    if (served < 0) return -1;  // lws speaks WebSocket on a copy of the socket now
    return c->close_when_sent && c->out_sent == c->out_size ? -1 : 0;
}

int cws_http_writable(cws_server *server, connection *c) {
    (void)server;
    while (c->out_sent < c->out_size) {
        ssize_t count = write(c->fd, c->out + c->out_sent, c->out_size - c->out_sent);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) {
            lws_callback_on_writable(c->wsi);
            return 0;
        }
        if (count < 0) return -1;
        c->out_sent += (size_t)count;
    }
    c->out_size = c->out_sent = 0;
    return c->close_when_sent ? -1 : 0;
}

void cws_respond(cws_server *server, cws_id id, const uint8_t *bytes, size_t size, bool keep_alive) {
    connection *c = cws_find(server, id);
    if (!c || c->phase != CWS_HTTP) return;
    if (!keep_alive || !cws_append(&c->out, &c->out_size, &c->out_room, NULL, 0)) c->close_when_sent = true;
    if (!cws_append(&c->out, &c->out_size, &c->out_room, bytes, size)) return;
    if (cws_http_writable(server, c) < 0) {
        c->close_when_sent = true;  // the reader closes it, or for a late answer the writer
        lws_callback_on_writable(c->wsi);
    }
}
