#define _GNU_SOURCE
#include "server_internal.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

/// Digits of a length that is believed; more of them can't be within any limit.
enum { DIGITS_MAX = 18 };

static void refuse(cws_server *server, connection *c, const char *status) {
    char text[160];
    int n = snprintf(
        text, sizeof text, "HTTP/1.1 %s\r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n", status,
        strncmp(status, "426", 3) ? "" : "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    cws_enter(server, c, CWS_ANSWERING);
    cws_respond(server, c->id, (const uint8_t *)text, (size_t)n, false);
}

// MARK: heads

const char *cws_header(const uint8_t *head, size_t head_size, const char *name, size_t *size, int *count) {
    const char *at = (const char *)head, *end = at + head_size, *found = NULL;
    size_t name_size = strlen(name);
    if (count) *count = 0;
    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        at++;
        if ((size_t)(end - at) <= name_size || strncasecmp(at, name, name_size) || at[name_size] != ':') continue;
        if (count) ++*count;
        if (found) continue;
        found = at + name_size + 1;
        const char *stop = memchr(found, '\r', (size_t)(end - found));
        if (!stop) stop = end;
        while (found < stop && (*found == ' ' || *found == '\t')) found++;
        while (stop > found && (stop[-1] == ' ' || stop[-1] == '\t')) stop--;
        *size = (size_t)(stop - found);
    }
    return found;
}

/// Whether all readers of the head see the same lines in it: `name: value`, ended by CR and LF, without control letters.
static bool is_plain(const uint8_t *head, size_t size) {
    bool is_first_line = true, is_name = false, is_empty = true;
    for (size_t at = 0; at < size; at++) {
        uint8_t byte = head[at];
        if (byte == '\r') {
            if (at + 1 == size || head[++at] != '\n') return false;
            if (!is_first_line && is_name && !is_empty) return false;  // a line without a colon
            is_first_line = false;
            is_name = is_empty = true;
        } else if (byte < ' ' ? byte != '\t' : byte == 127) {
            return false;
        } else if (!is_first_line && is_name) {
            if (byte == ' ' || byte == '\t' || (byte == ':' && is_empty)) return false;
            is_empty = false;
            if (byte == ':') is_name = false;
        }
    }
    return true;
}

static bool asks_to_upgrade(const uint8_t *head, size_t size) {
    size_t n = 0;
    const char *value = cws_header(head, size, "Upgrade", &n, NULL);
    return value && n == 9 && !strncasecmp(value, "websocket", 9);
}

/// Bytes of the body that a head announces; SIZE_MAX for what is no length.
static size_t body_size(const uint8_t *head, size_t size) {
    size_t n = 0, length = 0;
    int count = 0;
    const char *digits = cws_header(head, size, "Content-Length", &n, &count);
    if (!count) return 0;
    if (count > 1 || !n || n > DIGITS_MAX) return SIZE_MAX;
    for (size_t at = 0; at < n; at++) {
        if (digits[at] < '0' || digits[at] > '9') return SIZE_MAX;
        length = length * 10 + (size_t)(digits[at] - '0');
    }
    return length;
}

// MARK: requests

static void upgrade(cws_server *server, connection *c, const uint8_t *head, size_t size) {
    const char *refusal = cws_refusal(head, size);
    if (refusal) return refuse(server, c, refusal);
    cws_enter(server, c, CWS_ANSWERING);
    bool is_taken = server->handlers.upgrade(server->owner, c->id, head, size);
    if (c->stage != CWS_ANSWERING) return;
    if (!is_taken) return refuse(server, c, "400 Bad Request");
    if (!cws_shake_hands(c, head, size)) return cws_drop(c);
    c->was_open = true;
    cws_enter(server, c, CWS_OPEN);
    server->handlers.opened(server->owner, c->id);
    c->has_more = c->stage == CWS_OPEN && cws_size(&c->in) > 0;
}

/// Serves the first request in the buffer, if it is whole.
void cws_http_serve(cws_server *server, connection *c) {
    const uint8_t *first = cws_first(&c->in);
    size_t size = cws_size(&c->in);
    c->has_more = false;
    const uint8_t *stop = memmem(first + c->scanned, size - c->scanned, "\r\n\r\n", 4);
    size_t head = stop ? (size_t)(stop - first) + 4 : size;
    if (head > server->limits.head_max) return refuse(server, c, "431 Request Header Fields Too Large");
    if (!stop) {
        c->scanned = size > 3 ? size - 3 : 0;
        return;
    }
    size_t n = 0, body = body_size(first, head);
    bool is_upgrade = asks_to_upgrade(first, head);
    if (!is_plain(first, head)) return refuse(server, c, "400 Bad Request");
    if (cws_header(first, head, "Transfer-Encoding", &n, NULL)) return refuse(server, c, "411 Length Required");
    if (body == SIZE_MAX || (is_upgrade && body)) return refuse(server, c, "400 Bad Request");
    if (body > server->limits.body_max) return refuse(server, c, "413 Content Too Large");
    if (size < head + body) {
        c->scanned = head - 4;
        return;
    }
    cws_consume(&c->in, head + body);
    c->scanned = 0;
    if (is_upgrade) return upgrade(server, c, first, head);
    cws_enter(server, c, CWS_ANSWERING);
    server->handlers.request(server->owner, c->id, first, head, first + head, body);
}

void cws_http_readable(cws_server *server, connection *c) {
    size_t before = cws_size(&c->in);
    // One byte beyond a whole request, so that one that is too long is seen.
    if (!cws_take_in(c, server->limits.head_max + server->limits.body_max + 1)) return cws_drop(c);
    if (cws_size(&c->in) == before) return;
    if (c->stage == CWS_IDLE) cws_enter(server, c, CWS_READING);
    cws_http_serve(server, c);
}

void cws_http_flushed(cws_server *server, connection *c) {
    if (c->close_when_sent) return cws_finish(server, c);
    c->has_more = cws_size(&c->in) > 0;
    cws_enter(server, c, c->has_more ? CWS_READING : CWS_IDLE);
}

void cws_respond(cws_server *server, cws_id id, const uint8_t *bytes, size_t size, bool keep_alive) {
    connection *c = cws_find(server, id);
    if (!c || c->stage != CWS_ANSWERING) return;
    if (size > server->limits.answer_max) return refuse(server, c, "500 Internal Server Error");
    if (!cws_append(&c->out, bytes, size)) return cws_drop(c);
    c->close_when_sent = !keep_alive;
    cws_enter(server, c, CWS_WRITING);
    cws_flush(server, c);
}
