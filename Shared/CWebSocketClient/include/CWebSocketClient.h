#ifndef CWEBSOCKETCLIENT_H
#define CWEBSOCKETCLIENT_H

#include <stddef.h>
#include <stdint.h>

/// WebSocket client connections on one libwebsockets context. All calls belong to one thread.
typedef struct cwsc_context cwsc_context;
typedef struct cwsc_connection cwsc_connection;

typedef enum {
    CWSC_OPENED,   ///< The handshake is done.
    CWSC_MESSAGE,  ///< A whole text or binary message, valid during the call.
    CWSC_PONG,     ///< The answer to a ping.
    CWSC_ENDED,    ///< Closed or never opened; the bytes say why. The last event: the connection is freed after it.
} cwsc_event;

typedef void (*cwsc_handler)(void *owner, cwsc_event event, const uint8_t *bytes, size_t count);

/// `ca_file`: certificates to trust in addition to the system's, or NULL. NULL when out of memory.
cwsc_context *cwsc_create(const char *ca_file);
/// Ends all connections without further events.
void cwsc_destroy(cwsc_context *context);

/// Waits on a foreign descriptor too, and calls `ready` when it is readable. It stays the caller's. 0, or -1.
int cwsc_adopt(cwsc_context *context, int descriptor, void (*ready)(void *), void *owner);

/// Begins to connect. Messages beyond `message_max` end the connection. `CWSC_ENDED` may come before this returns;
/// then, and when out of memory, it gives NULL.
cwsc_connection *cwsc_open(
    cwsc_context *context, const char *host, int port, const char *path, int use_tls, size_t message_max,
    cwsc_handler handler, void *owner);
/// Queues a text message. 0, or -1 when out of memory or when a megabyte waits already: then the connection ends, which
/// `CWSC_ENDED` tells.
int cwsc_send(cwsc_connection *connection, const void *bytes, size_t count);
void cwsc_ping(cwsc_connection *connection);
/// Ends the connection; no event follows, and it must not be used again.
void cwsc_close(cwsc_connection *connection);

/// Sleeps until something is to be done, and does it. With `wait` 0 it does not sleep. -1 when the context is broken.
int cwsc_service(cwsc_context *context, int wait);

#endif
