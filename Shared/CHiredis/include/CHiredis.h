#ifndef CHIREDIS_H
#define CHIREDIS_H

#include <stddef.h>
#include <stdint.h>

/// Kinds of a reply's node, as in the protocol.
typedef enum {
    CHIREDIS_STRING = 1,
    CHIREDIS_ARRAY = 2,
    CHIREDIS_INTEGER = 3,
    CHIREDIS_NIL = 4,
    CHIREDIS_STATUS = 5,
    CHIREDIS_ERROR = 6,
} chiredis_kind;

/// One node of a reply. Nodes lie in pre-order: an array is followed by its elements.
typedef struct {
    int64_t integer;  ///< Value of an integer; number of elements of an array.
    size_t offset;    ///< Where the text begins in the reader's bytes.
    uint32_t length;  ///< Length of the text.
    uint32_t kind;    ///< A chiredis_kind.
} chiredis_node;

/// hiredis' protocol reader, building each reply into memory that is used again for the next one.
typedef struct chiredis_reader chiredis_reader;

chiredis_reader *chiredis_reader_create(void);
void chiredis_reader_free(chiredis_reader *reader);
/// 0, or -1 when out of memory.
int chiredis_reader_feed(chiredis_reader *reader, const void *bytes, size_t count);
/// 1: a whole reply stands in the nodes until the next call; 0: more input is needed; -1: not the protocol.
int chiredis_reader_next(chiredis_reader *reader);
const chiredis_node *chiredis_reader_nodes(const chiredis_reader *reader);
size_t chiredis_reader_node_count(const chiredis_reader *reader);
const char *chiredis_reader_bytes(const chiredis_reader *reader);
const char *chiredis_reader_error(const chiredis_reader *reader);

/// Opens a non-blocking connection that may still be in progress; -1 and a text in `error` when it can't be begun.
int chiredis_connect_tcp(const char *host, int port, char *error, size_t error_size);
int chiredis_connect_unix(const char *path, char *error, size_t error_size);

/// TLS of one connection, as a client, without a socket: what arrives is fed and read, what is written has to be taken and sent.
typedef struct chiredis_tls chiredis_tls;

/// The server must show a certificate for `host` by one of the `authorities` (a file; null for the system's). `certificate` and `key` are
/// files that this side shows, or null. Null with a text in `error` when it can't begin.
chiredis_tls *chiredis_tls_create(
    const char *host, const char *authorities, const char *certificate, const char *key, char *error,
    size_t error_size);
void chiredis_tls_free(chiredis_tls *tls);
const char *chiredis_tls_error(const chiredis_tls *tls);
/// Takes in bytes of the socket. 0, or -1 when out of memory.
int chiredis_tls_feed(chiredis_tls *tls, const void *bytes, size_t count);
/// Bytes read; 0: more has to arrive; -1: failed; -2: ended by the server.
long chiredis_tls_read(chiredis_tls *tls, void *bytes, size_t size);
/// 1: all has been written; 0: nothing, since more has to arrive; -1: failed.
int chiredis_tls_write(chiredis_tls *tls, const void *bytes, size_t count);
/// Whether the handshake is over.
int chiredis_tls_is_ready(const chiredis_tls *tls);
/// Bytes that are to be taken and sent.
size_t chiredis_tls_leaving(const chiredis_tls *tls);
size_t chiredis_tls_take(chiredis_tls *tls, void *bytes, size_t size);

#endif
