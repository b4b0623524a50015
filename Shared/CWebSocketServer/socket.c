#include "server_internal.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/// Writes queued frames while the socket takes them.
static int write_queued(connection *c, struct lws *wsi) {
    while (c->first) {
        frame *f = c->first;
        int written = lws_write(wsi, f->bytes + LWS_PRE, f->size, LWS_WRITE_TEXT);
        if (written < (int)f->size) return -1;
        c->first = f->next;
        if (!c->first) c->last = NULL;
        c->queued -= f->size;
        free(f);
        if (c->first && lws_send_pipe_choked(wsi)) {
            lws_callback_on_writable(wsi);
            return 0;
        }
    }
    if (!c->close_code) return 0;
    lws_close_reason(wsi, c->close_code, (unsigned char *)c->close_reason, strlen(c->close_reason));
    return -1;
}

/// Assembles fragments; hands over whole messages.
static int received(cws_server *server, connection *c, struct lws *wsi, const void *bytes, size_t size) {
    bool is_last = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    if (c->in_size + size > server->limits.message_max) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
        return -1;
    }
    if (!cws_append(&c->in, &c->in_size, &c->in_room, bytes, size)) return -1;
    if (!is_last) return 0;
    size_t whole = c->in_size;
    c->in_size = 0;
    server->handlers.message(server->owner, c->id, c->in, whole);
    return 0;
}

int cws_socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size) {
    (void)user;
    cws_server *server = lws_context_user(lws_get_context(wsi));
    connection *c = lws_get_opaque_user_data(wsi);
    if (!c && server) c = server->adopting;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        if (!c) return -1;
        c->wsi = wsi;
        c->phase = CWS_OPEN;
        c->in_size = 0;
        server->handlers.opened(server->owner, c->id);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return c && c->phase == CWS_OPEN ? received(server, c, wsi, in, size) : -1;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return c ? write_queued(c, wsi) : -1;
    case LWS_CALLBACK_HTTP:
        return -1;  // an upgrade that lws did not take
    case LWS_CALLBACK_CLOSED:
        if (c && c->phase == CWS_OPEN) {
            c->phase = CWS_DYING;
            server->handlers.closed(server->owner, c->id);
        }
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        if (c) cws_remove(server, c);
        lws_set_opaque_user_data(wsi, NULL);
        return 0;
    default:
        return 0;
    }
}

bool cws_send_text(cws_server *server, cws_id id, const uint8_t *bytes, size_t size) {
    connection *c = cws_find(server, id);
    if (!c || c->phase != CWS_OPEN || c->close_code) return false;
    if (c->queued + size > server->limits.queue_max) {
        cws_abort(server, id);
        return false;
    }
    frame *f = malloc(sizeof *f + LWS_PRE + size);
    if (!f) return false;
    f->next = NULL;
    f->size = size;
    memcpy(f->bytes + LWS_PRE, bytes, size);
    if (c->last) c->last->next = f;
    else {
        c->first = f;
        lws_callback_on_writable(c->wsi);
    }
    c->last = f;
    c->queued += size;
    return true;
}

void cws_close(cws_server *server, cws_id id, uint16_t code, const char *reason) {
    connection *c = cws_find(server, id);
    if (!c || c->phase != CWS_OPEN || c->close_code) return;
    c->close_code = code;
    strncpy(c->close_reason, reason, sizeof c->close_reason - 1);
    lws_callback_on_writable(c->wsi);
}

void cws_abort(cws_server *server, cws_id id) {
    connection *c = cws_find(server, id);
    if (!c || c->phase == CWS_UPGRADING) return;
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(lws_get_socket_fd(c->wsi), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (c->phase == CWS_OPEN) {
        c->close_code = LWS_CLOSE_STATUS_POLICY_VIOLATION;
        lws_set_timeout(c->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
    } else {
        c->close_when_sent = true;
        c->out_size = c->out_sent = 0;
        lws_callback_on_writable(c->wsi);
    }
}

void cws_abort_http(cws_server *server, cws_id except) {
    for (int slot = 0; slot < server->limits.connections_max; slot++) {
        connection *c = server->slots[slot];
        if (c && c->phase == CWS_HTTP && c->id != except) cws_abort(server, c->id);
    }
}

size_t cws_queued(const cws_server *server, cws_id id) {
    connection *c = cws_find(server, id);
    return c ? c->queued : 0;
}
