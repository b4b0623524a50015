#include "CHiredis.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(
    REDIS_REPLY_STRING == CHIREDIS_STRING && REDIS_REPLY_ARRAY == CHIREDIS_ARRAY &&
        REDIS_REPLY_INTEGER == CHIREDIS_INTEGER && REDIS_REPLY_NIL == CHIREDIS_NIL &&
        REDIS_REPLY_STATUS == CHIREDIS_STATUS && REDIS_REPLY_ERROR == CHIREDIS_ERROR,
    "hiredis numbers its replies differently");

struct chiredis_reader {
    redisReader *parser;
    chiredis_node *nodes;
    size_t node_count, node_capacity;
    char *bytes;
    size_t byte_count, byte_capacity;
    int out_of_memory;
};

static int grow(void **memory, size_t *capacity, size_t needed, size_t element) {
    if (needed <= *capacity) return 0;
    size_t wanted = *capacity ? *capacity : 256;
    while (wanted < needed) wanted *= 2;
    void *grown = realloc(*memory, wanted * element);
    if (!grown) return -1;
    *memory = grown;
    *capacity = wanted;
    return 0;
}

/// hiredis wants some object for each node; the reader itself stands for all of them.
static void *add(const redisReadTask *task, int kind, int64_t integer, const char *text, size_t length) {
    chiredis_reader *reader = task->privdata;
    if (grow((void **)&reader->nodes, &reader->node_capacity, reader->node_count + 1, sizeof(chiredis_node)) ||
        grow((void **)&reader->bytes, &reader->byte_capacity, reader->byte_count + length + 1, 1)) {
        reader->out_of_memory = 1;
        return NULL;
    }
    if (length) memcpy(reader->bytes + reader->byte_count, text, length);
    reader->nodes[reader->node_count++] = (chiredis_node){
        .integer = integer, .offset = reader->byte_count, .length = (uint32_t)length, .kind = (uint32_t)kind};
    reader->byte_count += length;
    return reader;
}

/// A kind of RESP3's is one of text, too.
static void *add_string(const redisReadTask *task, char *text, size_t length) {
    bool is_known = task->type == CHIREDIS_STATUS || task->type == CHIREDIS_ERROR;
    return add(task, is_known ? task->type : CHIREDIS_STRING, 0, text, length);
}
// hiredis 1 counts elements in a size_t, and has doubles and truth values (which only RESP3 servers send).
#if HIREDIS_MAJOR >= 1
static void *add_array(const redisReadTask *task, size_t count) {
    return add(task, CHIREDIS_ARRAY, (int64_t)count, NULL, 0);
}
static void *add_double(const redisReadTask *task, double value, char *text, size_t length) {
    (void)value;
    return add(task, CHIREDIS_STRING, 0, text, length);
}
static void *add_bool(const redisReadTask *task, int value) { return add(task, CHIREDIS_INTEGER, value, NULL, 0); }
#else
static void *add_array(const redisReadTask *task, int count) { return add(task, CHIREDIS_ARRAY, count, NULL, 0); }
#endif
static void *add_integer(const redisReadTask *task, long long value) {
    return add(task, CHIREDIS_INTEGER, value, NULL, 0);
}
static void *add_nil(const redisReadTask *task) { return add(task, CHIREDIS_NIL, 0, NULL, 0); }
static void keep(void *object) { (void)object; }

// By name: the table's order differs from one version to the next.
static redisReplyObjectFunctions functions = {
    .createString = add_string, .createArray = add_array, .createInteger = add_integer, .createNil = add_nil,
    .freeObject = keep,
#if HIREDIS_MAJOR >= 1
    .createDouble = add_double, .createBool = add_bool,
#endif
};

chiredis_reader *chiredis_reader_create(void) {
    chiredis_reader *reader = calloc(1, sizeof *reader);
    if (!reader) return NULL;
    reader->parser = redisReaderCreateWithFunctions(&functions);
    if (!reader->parser) {
        free(reader);
        return NULL;
    }
    reader->parser->privdata = reader;
    reader->parser->maxbuf = 1 << 20;
    return reader;
}

void chiredis_reader_free(chiredis_reader *reader) {
    if (!reader) return;
    redisReaderFree(reader->parser);
    free(reader->nodes);
    free(reader->bytes);
    free(reader);
}

int chiredis_reader_feed(chiredis_reader *reader, const void *bytes, size_t count) {
    return redisReaderFeed(reader->parser, bytes, count) == REDIS_OK ? 0 : -1;
}

int chiredis_reader_next(chiredis_reader *reader) {
    // A reply that began in earlier input goes on where it stopped; a new one begins in empty memory.
    if (reader->parser->ridx < 0) reader->node_count = reader->byte_count = 0;
    void *reply = NULL;
    if (redisReaderGetReply(reader->parser, &reply) != REDIS_OK || reader->out_of_memory) return -1;
    return reply != NULL;
}

const chiredis_node *chiredis_reader_nodes(const chiredis_reader *reader) { return reader->nodes; }
size_t chiredis_reader_node_count(const chiredis_reader *reader) { return reader->node_count; }
const char *chiredis_reader_bytes(const chiredis_reader *reader) { return reader->bytes; }
const char *chiredis_reader_error(const chiredis_reader *reader) {
    return reader->out_of_memory ? "out of memory" : reader->parser->errstr;
}

/// Takes the descriptor out of hiredis' context, which is needed only to connect.
static int take(redisContext *context, char *error, size_t error_size) {
    int descriptor = -1;
    if (!context) {
        snprintf(error, error_size, "out of memory");
    } else if (context->err) {
        snprintf(error, error_size, "%s", context->errstr);
    } else {
        descriptor = fcntl(context->fd, F_DUPFD_CLOEXEC, 0);
        if (descriptor < 0) snprintf(error, error_size, "no descriptor left");
    }
    if (context) redisFree(context);
    return descriptor;
}

int chiredis_connect_tcp(const char *host, int port, char *error, size_t error_size) {
    return take(redisConnectNonBlock(host, port), error, error_size);
}

int chiredis_connect_unix(const char *path, char *error, size_t error_size) {
    return take(redisConnectUnixNonBlock(path), error, error_size);
}
