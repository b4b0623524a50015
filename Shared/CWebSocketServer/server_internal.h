#ifndef CWS_SERVER_INTERNAL_H
#define CWS_SERVER_INTERNAL_H

#include "CWebSocketServer.h"
#include <poll.h>

/// Bytes between `start` and `end`. What was consumed stays where it is until room is made for more, so that a handler may
/// read the request that it answers.
typedef struct {
    uint8_t *bytes;
    size_t start, end, room;
} cws_buffer;

static inline size_t cws_size(const cws_buffer *b) { return b->end - b->start; }
static inline uint8_t *cws_first(const cws_buffer *b) { return b->bytes + b->start; }
/// Makes room for `count` more bytes behind the end. False when out of memory.
bool cws_reserve(cws_buffer *b, size_t count);
bool cws_append(cws_buffer *b, const void *more, size_t count);
void cws_consume(cws_buffer *b, size_t count);
/// Gives memory back that an unusual request or answer has taken.
void cws_trim(cws_buffer *b);

/// Where a connection is. In each stage something is waited for, and each wait has its end: `cws_deadline`.
typedef enum {
    CWS_IDLE,       // nothing of a request has come
    CWS_READING,    // a part of a request has come
    CWS_ANSWERING,  // the owner has the request
    CWS_WRITING,    // the client takes the answer
    CWS_DRAINING,   // all is said; the client closes
    CWS_OPEN,       // a WebSocket
    CWS_CLOSING,    // a WebSocket whose close frame is queued; the client's is waited for
    CWS_GONE,       // the socket is closed; freed between two turns
} cws_stage;

typedef struct connection {
    cws_id id;
    cws_stage stage;
    int fd;
    int64_t since_ms;  // when the stage began, or last made progress
    cws_buffer in, out;
    size_t scanned;        // bytes of `in` that hold no end of a head
    bool has_more;         // a whole request or frame may lie in `in`
    bool is_blocked;       // the socket took no more of `out`
    bool close_when_sent;  // after the answer
    bool was_open;         // its end is told
    bool was_pinged;
    bool has_said_goodbye;  // the client, by a close frame
    bool is_binary, is_fragmented;
    cws_buffer message;  // fragments so far
} connection;

struct cws_server {
    cws_limits limits;
    cws_handlers handlers;
    void *owner;
    int listener, waker, port;
    connection **slots;  // connections_max of them
    uint64_t generation;
    int seated;                  // connections that have a place
    uint64_t turned_away;        // connections, or attempts to take one
    int64_t now_ms;              // of this turn
    int64_t accepts_again_ms;    // after a failure
    int64_t tells_again_ms;      // that connections are turned away
    struct pollfd *polled;       // connections_max + 2 of them
    connection **polled_owners;  // beside them
};

connection *cws_find(const cws_server *server, cws_id id);
void cws_enter(cws_server *server, connection *c, cws_stage stage);
/// Closes the socket. The connection is freed, and its end told, between two turns.
void cws_drop(connection *c);
/// Says no more, and waits for the client's end: a close with unread bytes would take our last words back.
void cws_finish(cws_server *server, connection *c);
/// Takes the bytes that have come, at most `room` in all. False when nothing more can come.
bool cws_take_in(connection *c, size_t room);
/// Sends what waits. False when the connection is gone.
bool cws_flush(cws_server *server, connection *c);

void cws_http_readable(cws_server *server, connection *c);
void cws_http_flushed(cws_server *server, connection *c);
void cws_http_serve(cws_server *server, connection *c);

/// Whether a well formed upgrade stands in the head: 0, or the status to refuse it with.
const char *cws_refusal(const uint8_t *head, size_t size);
/// Queues the answer to an upgrade. False when out of memory.
bool cws_shake_hands(connection *c, const uint8_t *head, size_t size);
void cws_socket_readable(cws_server *server, connection *c);
void cws_socket_flushed(cws_server *server, connection *c);
void cws_socket_serve(cws_server *server, connection *c);
/// Queues a ping. False when out of memory.
bool cws_ping(connection *c);

/// The value of a header, NULL when it is absent; `count`, if wanted, is how often it stands there.
const char *cws_header(const uint8_t *head, size_t head_size, const char *name, size_t *size, int *count);
/// Bytes of the longest start of a text that is whole UTF-8 letters.
size_t cws_whole_letters(const uint8_t *text, size_t size);

#endif
