#define _GNU_SOURCE
#include "server_internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct lws_protocols protocols[] = {
    {"websocket", cws_socket_callback, 0, 4096, 0, NULL, 0},
    {"http-head", cws_http_callback, 0, 4096, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

static int listen_on(const char *host, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 256)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static struct lws *adopt(cws_server *server, int fd, connection *c) {
    lws_adopt_desc_t info = {
        .vh = server->vhost, .type = LWS_ADOPT_RAW_FILE_DESC, .fd = {.filefd = fd}, .vh_prot_name = "http-head", .opaque = c};
    return lws_adopt_descriptor_vhost_via_info(&info);
}

cws_server *cws_start(const char *host, int port, const cws_limits *limits, const cws_handlers *handlers, void *owner) {
    int listener = listen_on(host, port);
    if (listener < 0) return NULL;
    struct sockaddr_in bound;
    socklen_t size = sizeof bound;
    getsockname(listener, (struct sockaddr *)&bound, &size);

    cws_server *server = calloc(1, sizeof *server);
    if (!server) goto failed;
    server->limits = *limits;
    server->handlers = *handlers;
    server->owner = owner;
    server->listener = listener;
    server->port = ntohs(bound.sin_port);
    server->slots = calloc((size_t)limits->connections_max, sizeof *server->slots);
    lws_set_log_level(0, NULL);
    const lws_retry_bo_t liveness = {
        .secs_since_valid_ping = (uint16_t)limits->ping_after_s, .secs_since_valid_hangup = (uint16_t)limits->hangup_after_s};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER, .protocols = protocols, .gid = (gid_t)-1, .uid = (uid_t)-1, .user = server,
        .fd_limit_per_thread = (unsigned)limits->connections_max + 16, .retry_and_idle_policy = &liveness,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS, .pt_serv_buf_size = 65536};
    server->context = server->slots ? lws_create_context(&info) : NULL;
    server->vhost = server->context ? lws_create_vhost(server->context, &info) : NULL;
    if (!server->vhost || !adopt(server, listener, NULL)) goto failed;
    return server;
failed:
    if (server) {
        if (server->context) lws_context_destroy(server->context);
        free(server->slots);
    }
    free(server);
    close(listener);
    errno = ENOMEM;
    return NULL;
}

int cws_port(const cws_server *server) { return server->port; }

static void on_timer(lws_sorted_usec_list_t *timer) { (void)timer; }

bool cws_poll(cws_server *server, int64_t timeout_us) {
    // lws sleeps in whole milliseconds, rounded down: a part of one would make it spin until the timer is due.
    int64_t whole_us = timeout_us > 0 ? (timeout_us + 999) / 1000 * 1000 + 500 : 1;
    lws_sul_schedule(server->context, 0, &server->timer, on_timer, whole_us);
    return lws_service(server->context, 0) >= 0;
}

void cws_wake(cws_server *server) { lws_cancel_service(server->context); }

void cws_stop(cws_server *server) {
    lws_sul_cancel(&server->timer);
    lws_context_destroy(server->context);
    for (int slot = 0; slot < server->limits.connections_max; slot++)
        if (server->slots[slot]) cws_remove(server, server->slots[slot]);
    free(server->slots);
    free(server);
}

// MARK: connections

static void accept_all(cws_server *server) {
    int fd, on = 1;
    while ((fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection *c = cws_add(server);
        if (!c) {
            close(fd);
            continue;
        }
        c->fd = fd;
        c->wsi = adopt(server, fd, c);
        if (!c->wsi) cws_remove(server, c);  // lws has closed the socket
    }
}

connection *cws_find(const cws_server *server, cws_id id) {
    connection *c = server->slots[id % (uint64_t)server->limits.connections_max];
    return c && c->id == id && c->phase != CWS_DYING ? c : NULL;
}

connection *cws_add(cws_server *server) {
    for (int slot = 0; slot < server->limits.connections_max; slot++) {
        if (server->slots[slot]) continue;
        connection *c = calloc(1, sizeof *c);
        if (!c) return NULL;
        c->id = ++server->generation * (uint64_t)server->limits.connections_max + (uint64_t)slot;
        return server->slots[slot] = c;
    }
    return NULL;
}

void cws_remove(cws_server *server, connection *c) {
    server->slots[c->id % (uint64_t)server->limits.connections_max] = NULL;
    while (c->first) {
        frame *next = c->first->next;
        free(c->first);
        c->first = next;
    }
    free(c->in);
    free(c->out);
    free(c);
}

bool cws_append(uint8_t **bytes, size_t *size, size_t *room, const void *more, size_t count) {
    if (*size + count > *room) {
        size_t wanted = (*size + count) * 2;
        uint8_t *grown = realloc(*bytes, wanted);
        if (!grown) return false;
        *bytes = grown;
        *room = wanted;
    }
    if (count) memcpy(*bytes + *size, more, count);
    *size += count;
    return true;
}

bool cws_hand_over(cws_server *server, connection *c) {
    // lws closes its own descriptor of the HTTP phase; the copy lives on.
    int copy = dup(c->fd);
    if (copy < 0) return false;
    c->phase = CWS_UPGRADING;
    struct lws *http = c->wsi;
    lws_set_opaque_user_data(http, NULL);
    server->adopting = c;
    c->wsi = lws_adopt_socket_vhost_readbuf(server->vhost, copy, (const char *)c->in, c->in_size);
    server->adopting = NULL;
    if (!c->wsi) {
        cws_remove(server, c);
        return true;
    }
    lws_set_opaque_user_data(c->wsi, c);
    return true;
}

int cws_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size) {
    (void)user, (void)in, (void)size;
    cws_server *server = lws_context_user(lws_get_context(wsi));
    connection *c = lws_get_opaque_user_data(wsi);
    switch (reason) {
    case LWS_CALLBACK_RAW_RX_FILE:
        if (c) return cws_http_readable(server, c);
        if (lws_get_socket_fd(wsi) == server->listener) accept_all(server);
        return 0;
    case LWS_CALLBACK_RAW_WRITEABLE_FILE:
        return c ? cws_http_writable(server, c) : -1;
    case LWS_CALLBACK_RAW_CLOSE_FILE:
        if (c) cws_remove(server, c);
        lws_set_opaque_user_data(wsi, NULL);
        return 0;
    default:
        return 0;
    }
}
