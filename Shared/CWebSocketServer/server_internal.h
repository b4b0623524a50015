#ifndef CWS_SERVER_INTERNAL_H
#define CWS_SERVER_INTERNAL_H

#include "CWebSocketServer.h"
#include <libwebsockets.h>

typedef struct frame {
    struct frame *next;
    size_t size;
    unsigned char bytes[];  // LWS_PRE, then the payload
} frame;

typedef enum { CWS_HTTP, CWS_UPGRADING, CWS_OPEN, CWS_DYING } cws_phase;

typedef struct connection {
    cws_id id;
    cws_phase phase;
    struct lws *wsi;
    int fd;  // while it speaks HTTP
    uint8_t *in, *out;
    size_t in_size, in_room, out_size, out_sent, out_room;
    bool close_when_sent;
    frame *first, *last;
    size_t queued;
    uint16_t close_code;
    char close_reason[64];
} connection;

struct cws_server {
    cws_limits limits;
    cws_handlers handlers;
    void *owner;
    struct lws_context *context;
    struct lws_vhost *vhost;
    lws_sorted_usec_list_t timer;
    int listener, port;
    connection **slots;  // connections_max of them
    uint64_t generation;
    connection *adopting;
};

connection *cws_find(const cws_server *server, cws_id id);
connection *cws_add(cws_server *server);
void cws_remove(cws_server *server, connection *c);
bool cws_append(uint8_t **bytes, size_t *size, size_t *room, const void *more, size_t count);

/// Callbacks of the two lws protocols.
int cws_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size);
int cws_socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size);
/// What the socket of the HTTP phase can do. Negative: close it.
int cws_http_readable(cws_server *server, connection *c);
int cws_http_writable(cws_server *server, connection *c);
/// Hands an upgrade request that was read here to lws. False when it can't.
bool cws_hand_over(cws_server *server, connection *c);

#endif
