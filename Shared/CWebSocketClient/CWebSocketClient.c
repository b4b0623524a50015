#include "CWebSocketClient.h"

#include <fcntl.h>
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Bytes that may wait for a server that takes nothing; beyond, the connection ends and its owner opens another.
enum { QUEUE_MAX = 1 << 20 };

typedef struct message {
    struct message *next;
    size_t count;
    unsigned char bytes[];  // LWS_PRE bytes of room come first
} message;

struct cwsc_connection {
    struct lws *wsi;
    cwsc_handler handler;
    void *owner;
    unsigned char *assembled;
    size_t assembled_count, assembled_capacity, message_max;
    message *first, *last;
    size_t queued;
    int wants_ping;
    int is_closing;
    int is_given_up;  // Its end is still to be told.
    int *has_ended;  // While cwsc_open runs: where to say that the end came already.
};

struct cwsc_context {
    struct lws_context *lws;
    struct lws_vhost *vhost;
    void (*ready)(void *);
    void *ready_owner;
};

static void tell(cwsc_connection *connection, cwsc_event event, const void *bytes, size_t count) {
    if (connection->handler) connection->handler(connection->owner, event, bytes, count);
}

static void release(cwsc_connection *connection) {
    while (connection->first) {
        message *next = connection->first->next;
        free(connection->first);
        connection->first = next;
    }
    free(connection->assembled);
    free(connection);
}

static void end(struct lws *wsi, cwsc_connection *connection, const void *reason, size_t count) {
    lws_set_opaque_user_data(wsi, NULL);
    connection->wsi = NULL;  // What the owner says in its last call goes nowhere.
    if (connection->has_ended) *connection->has_ended = 1;
    tell(connection, CWSC_ENDED, reason, count);
    release(connection);
}

/// Most messages come in one piece and are passed on as they lie; others are put together first.
static int receive(struct lws *wsi, cwsc_connection *connection, void *in, size_t count) {
    int is_whole = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    if (connection->assembled_count == 0 && is_whole) {
        if (count > connection->message_max) return -1;
        tell(connection, CWSC_MESSAGE, in, count);
        return 0;
    }
    size_t needed = connection->assembled_count + count;
    if (needed > connection->message_max) return -1;
    if (needed > connection->assembled_capacity) {
        unsigned char *grown = realloc(connection->assembled, needed * 2);
        if (!grown) return -1;
        connection->assembled = grown;
        connection->assembled_capacity = needed * 2;
    }
    memcpy(connection->assembled + connection->assembled_count, in, count);
    connection->assembled_count = needed;
    if (!is_whole) return 0;
    connection->assembled_count = 0;
    tell(connection, CWSC_MESSAGE, connection->assembled, needed);
    return 0;
}

/// Has the loop end a connection without waiting for the server's goodbye, which a refusal from inside a callback would do. lws
/// forgets the time-out when it ends a handshake, so it is set again whenever lws calls.
static void kill_soon(cwsc_connection *connection) {
    if (!connection->wsi) return;
    lws_set_timeout(connection->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
}

static int write_next(struct lws *wsi, cwsc_connection *connection) {
    if (connection->wants_ping) {
        unsigned char empty[LWS_PRE + 8];
        connection->wants_ping = 0;
        if (lws_write(wsi, empty + LWS_PRE, 0, LWS_WRITE_PING) < 0) return -1;
    } else if (connection->first) {
        message *next = connection->first;
        int written = lws_write(wsi, next->bytes + LWS_PRE, next->count, LWS_WRITE_TEXT);
        connection->first = next->next;
        if (!connection->first) connection->last = NULL;
        connection->queued -= next->count;
        free(next);
        if (written < 0) return -1;
    }
    if (connection->wants_ping || connection->first) lws_callback_on_writable(wsi);
    return 0;
}

static int on_socket(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t count) {
    (void)user;
    cwsc_connection *connection = lws_get_opaque_user_data(wsi);
    if (!connection) return 0;
    connection->wsi = wsi;
    bool is_end = reason == LWS_CALLBACK_WSI_DESTROY || reason == LWS_CALLBACK_CLIENT_CLOSED ||
                  reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR;
    if ((connection->is_closing || connection->is_given_up) && !is_end) {
        kill_soon(connection);
        return 0;
    }
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        tell(connection, CWSC_OPENED, NULL, 0);
        if (connection->first || connection->wants_ping) lws_callback_on_writable(wsi);
        break;
    case LWS_CALLBACK_CLIENT_RECEIVE: return receive(wsi, connection, in, count);
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG: tell(connection, CWSC_PONG, NULL, 0); break;
    case LWS_CALLBACK_CLIENT_WRITEABLE: return write_next(wsi, connection);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: end(wsi, connection, in, in ? strlen(in) : 0); break;
    case LWS_CALLBACK_CLIENT_CLOSED: end(wsi, connection, "closed", 6); break;
    case LWS_CALLBACK_WSI_DESTROY: end(wsi, connection, "gone", 4); break;
    default: break;
    }
    return 0;
}

static int on_foreign(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t count) {
    (void)user, (void)in, (void)count;
    if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        cwsc_context *context = lws_context_user(lws_get_context(wsi));
        if (context->ready) context->ready(context->ready_owner);
    }
    return 0;
}

static const struct lws_protocols protocols[] = {
    {"cwsc", on_socket, 0, 64 * 1024, 0, NULL, 0},
    {"foreign", on_foreign, 0, 0, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

cwsc_context *cwsc_create(const char *ca_file) {
    cwsc_context *context = calloc(1, sizeof *context);
    if (!context) return NULL;
    lws_set_log_level(0, NULL);
    struct lws_context_creation_info info = {0};
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    info.user = context;
    info.fd_limit_per_thread = 64;
    context->lws = lws_create_context(&info);
    if (context->lws) {
        info.client_ssl_ca_filepath = ca_file;
        context->vhost = lws_create_vhost(context->lws, &info);
    }
    if (context->vhost) return context;
    if (context->lws) lws_context_destroy(context->lws);
    free(context);
    return NULL;
}

void cwsc_destroy(cwsc_context *context) {
    if (!context) return;
    context->ready = NULL;
    lws_context_destroy(context->lws);
    free(context);
}

int cwsc_adopt(cwsc_context *context, int descriptor, void (*ready)(void *), void *owner) {
    // libwebsockets closes what it has adopted.
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return -1;
    context->ready = ready;
    context->ready_owner = owner;
    lws_sock_file_fd_type fd = {.filefd = copy};
    if (lws_adopt_descriptor_vhost(context->vhost, LWS_ADOPT_RAW_FILE_DESC, fd, "foreign", NULL)) return 0;
    close(copy);  // lws closes only sockets that it could not adopt
    return -1;
}

cwsc_connection *cwsc_open(
    cwsc_context *context, const char *host, int port, const char *path, int use_tls, size_t message_max,
    cwsc_handler handler, void *owner) {
    cwsc_connection *connection = calloc(1, sizeof *connection);
    if (!connection) return NULL;
    connection->handler = handler;
    connection->owner = owner;
    connection->message_max = message_max;
    struct lws_client_connect_info info = {0};
    info.context = context->lws;
    info.vhost = context->vhost;
    info.address = host;
    info.host = host;
    info.origin = host;
    info.port = port;
    info.path = path;
    // Who we asked is who answers: no server sends us on to another one.
    info.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (use_tls ? LCCSCF_USE_SSL : 0);
    info.local_protocol_name = "cwsc";
    info.alpn = "http/1.1";
    info.opaque_user_data = connection;
    // No `pwsi`: lws writes to it after the end of what it stands for, when our callback has freed the connection. The
    // callback is told the wsi each time.
    int has_ended = 0;
    connection->has_ended = &has_ended;
    struct lws *wsi = lws_client_connect_via_info(&info);
    if (has_ended) return NULL;
    connection->has_ended = NULL;
    connection->wsi = wsi;
    if (wsi) return connection;
    tell(connection, CWSC_ENDED, "not begun", 9);
    release(connection);
    return NULL;
}

/// The end is told by the loop, not inside the owner's call.
static int give_up(cwsc_connection *connection) {
    connection->is_given_up = 1;
    kill_soon(connection);
    if (connection->wsi) lws_callback_on_writable(connection->wsi);
    return -1;
}

int cwsc_send(cwsc_connection *connection, const void *bytes, size_t count) {
    if (count > QUEUE_MAX - connection->queued) return give_up(connection);
    message *next = malloc(sizeof *next + LWS_PRE + count);
    if (!next) return give_up(connection);
    next->next = NULL;
    next->count = count;
    memcpy(next->bytes + LWS_PRE, bytes, count);
    if (connection->last) connection->last->next = next;
    else connection->first = next;
    connection->last = next;
    connection->queued += count;
    if (connection->wsi) lws_callback_on_writable(connection->wsi);
    return 0;
}

void cwsc_ping(cwsc_connection *connection) {
    connection->wants_ping = 1;
    if (connection->wsi) lws_callback_on_writable(connection->wsi);
}

void cwsc_close(cwsc_connection *connection) {
    connection->handler = NULL;
    connection->is_closing = 1;
    kill_soon(connection);
    if (connection->wsi) lws_callback_on_writable(connection->wsi);
}

int cwsc_service(cwsc_context *context, int wait) { return lws_service(context->lws, wait ? 0 : -1) < 0 ? -1 : 0; }
