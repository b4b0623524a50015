#ifndef CWEBSOCKETSERVER_H
#define CWEBSOCKETSERVER_H

// An HTTP/1.1 and WebSocket (RFC 6455) server on one port. It belongs to whoever can connect: nothing that comes in may
// end it, make it grow without bound, or keep others out. Each buffer and each wait has a limit with a name.
//
// One thread: every function but `cws_wake` belongs to the thread that calls `cws_poll`, and every handler runs inside it.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cws_server cws_server;

/// A connection; never used twice in the life of a server, and never 0.
typedef uint64_t cws_id;

typedef struct {
    /// Bytes of one request's head and of its body, of one answer, and of one WebSocket message. Beyond: 431, 413, 500,
    /// close 1009.
    size_t head_max, body_max, answer_max, message_max;
    /// Bytes that may wait for one slow WebSocket client. Beyond: the client is cut.
    size_t queue_max;
    /// When so many are there, a new one takes the place of one that has its answer, or has asked nothing, or is slowest to
    /// ask; when all are WebSockets or wait for an answer, it is turned away.
    int connections_max;
    /// Milliseconds: silence between requests; from a request's first byte to its last; until the owner answers; in which
    /// a client takes nothing of its answer; that a client has to say goodbye. Beyond: the connection is closed.
    int64_t idle_ms, request_ms, answer_ms, stall_ms, goodbye_ms;
    /// Milliseconds of a WebSocket client's silence: then a ping goes out; then the client is cut.
    int64_t ping_after_ms, hangup_after_ms;
} cws_limits;

typedef struct {
    /// One whole request. The answer is given with `cws_respond`, now or later; the connection's next request comes only
    /// after all of that answer has left. Bytes are valid during the call.
    void (*request)(void *owner, cws_id id, const uint8_t *head, size_t head_size, const uint8_t *body, size_t body_size);
    /// Whether to take a WebSocket upgrade, which is well formed. When not, answer with `cws_respond`.
    bool (*upgrade)(void *owner, cws_id id, const uint8_t *head, size_t head_size);
    void (*opened)(void *owner, cws_id id);
    /// One whole text or binary message.
    void (*message)(void *owner, cws_id id, const uint8_t *bytes, size_t size);
    /// A WebSocket connection that was opened has gone.
    void (*closed)(void *owner, cws_id id);
    /// Connections are turned away: `error` is why (EBUSY: `connections_max` of them are at work). Told once in ten
    /// seconds; the server goes on.
    void (*turned_away)(void *owner, int error);
} cws_handlers;

/// Starts to listen. `port` 0 takes a free one. NULL when it can't: `errno` says why.
cws_server *cws_start(const char *host, int port, const cws_limits *limits, const cws_handlers *handlers, void *owner);
int cws_port(const cws_server *server);
/// Connections that are there, of either kind.
int cws_connection_count(const cws_server *server);
/// Connections that were turned away, and attempts to take one that failed, since the start.
uint64_t cws_turned_away_count(const cws_server *server);
/// Serves what is ready; sleeps up to `timeout_us` when nothing is. False when the loop has failed.
bool cws_poll(cws_server *server, int64_t timeout_us);
/// Ends a sleeping `cws_poll`; from any thread.
void cws_wake(cws_server *server);
/// Closes all connections and frees the server. No handler is called.
void cws_stop(cws_server *server);

/// Sends a whole HTTP response (head and body) for the request that waits for one; without such a request it does nothing.
void cws_respond(cws_server *server, cws_id id, const uint8_t *bytes, size_t size, bool keep_alive);
/// Queues one text frame. False when the connection is gone or has been cut because its queue is full.
bool cws_send_text(cws_server *server, cws_id id, const uint8_t *bytes, size_t size);
/// Closes after the queued frames, with a close frame of this code. What the client still says is not heard.
void cws_close(cws_server *server, cws_id id, uint16_t code, const char *reason);
/// Cuts at once, without a close frame or an answer: the client sees a reset.
void cws_abort(cws_server *server, cws_id id);
/// Cuts all connections that have not become WebSockets, but for `except`.
void cws_abort_http(cws_server *server, cws_id except);
/// Bytes waiting for a connection; 0 for one that is gone.
size_t cws_queued(const cws_server *server, cws_id id);

#endif
