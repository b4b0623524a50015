#include "server_internal.h"
#include <string.h>

/// RFC 6455, section 5.2: what a head of a client's frame can need, and what a control frame can carry.
enum { FRAME_HEAD_MAX = 14, CONTROL_MAX = 125, MASK_BYTES = 4 };
/// Messages of one client that are heard in one turn, so that a flood of small ones holds nobody else up.
enum { MESSAGES_A_TURN = 64 };

enum { OP_MORE = 0, OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };
enum { CLOSE_NORMAL = 1000, CLOSE_PROTOCOL = 1002, CLOSE_NO_CODE = 1005, CLOSE_TEXT = 1007, CLOSE_TOO_BIG = 1009 };

typedef struct {
    bool is_last;
    uint8_t op;
    size_t head, size;
    uint8_t *payload;
} frame;

// MARK: letters

/// Bytes of the UTF-8 letter that a text begins with; 0 when it begins with none.
static size_t letter(const uint8_t *text, size_t size) {
    uint8_t first = text[0];
    if (first < 0x80) return 1;
    size_t count = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (!count || count > size) return 0;
    // The second byte keeps out forms that are too long, surrogates, and what is beyond U+10FFFF.
    uint8_t least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    uint8_t most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < least || text[1] > most) return 0;
    for (size_t at = 2; at < count; at++)
        if ((text[at] & 0xC0) != 0x80) return 0;
    return count;
}

size_t cws_whole_letters(const uint8_t *text, size_t size) {
    size_t at = 0, count;
    while (at < size && (count = letter(text + at, size - at)) != 0) at += count;
    return at;
}

// MARK: saying

static bool queue(connection *c, uint8_t op, const void *bytes, size_t size) {
    uint8_t head[10] = {0x80 | op};
    size_t head_size = size < 126 ? 2 : size < 65536 ? 4 : 10;
    head[1] = size < 126 ? (uint8_t)size : size < 65536 ? 126 : 127;
    for (size_t at = 2; at < head_size; at++) head[at] = (uint8_t)((uint64_t)size >> (8 * (head_size - 1 - at)));
    return cws_reserve(&c->out, head_size + size) && cws_append(&c->out, head, head_size) &&
           cws_append(&c->out, bytes, size);
}

bool cws_ping(connection *c) { return queue(c, OP_PING, NULL, 0); }

static void say_goodbye(cws_server *server, connection *c, uint16_t code, const char *reason, size_t size) {
    uint8_t text[CONTROL_MAX] = {(uint8_t)(code >> 8), (uint8_t)code};
    if (size > CONTROL_MAX - 2) size = CONTROL_MAX - 2;
    size = cws_whole_letters((const uint8_t *)reason, size);
    if (size) memcpy(text + 2, reason, size);
    if (!queue(c, OP_CLOSE, text, code == CLOSE_NO_CODE ? 0 : size + 2)) return cws_drop(c);
    cws_enter(server, c, CWS_CLOSING);
}

/// Of a client that breaks the protocol nothing more is understood, not even a goodbye.
static void fail(cws_server *server, connection *c, uint16_t code) {
    c->has_said_goodbye = true;
    if (c->stage == CWS_OPEN) say_goodbye(server, c, code, "", 0);
}

void cws_socket_flushed(cws_server *server, connection *c) {
    if (c->has_said_goodbye) cws_finish(server, c);
}

bool cws_send_text(cws_server *server, cws_id id, const uint8_t *bytes, size_t size) {
    connection *c = cws_find(server, id);
    if (!c || c->stage != CWS_OPEN) return false;
    if (cws_size(&c->out) + size > server->limits.queue_max || !queue(c, OP_TEXT, bytes, size)) {
        cws_abort(server, id);
        return false;
    }
    return true;
}

void cws_close(cws_server *server, cws_id id, uint16_t code, const char *reason) {
    connection *c = cws_find(server, id);
    if (c && c->stage == CWS_OPEN) say_goodbye(server, c, code, reason, strlen(reason));
}

// MARK: hearing

static bool may_be_said(uint16_t code) {
    return (code >= 1000 && code <= 1014 && code != 1004 && code != CLOSE_NO_CODE && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

static void hear_goodbye(cws_server *server, connection *c, const frame *f) {
    if (c->stage == CWS_CLOSING) {
        c->has_said_goodbye = true;
        return;
    }
    uint16_t code = f->size >= 2 ? (uint16_t)(f->payload[0] << 8 | f->payload[1]) : CLOSE_NO_CODE;
    if (f->size == 1 || (f->size && !may_be_said(code))) return fail(server, c, CLOSE_PROTOCOL);
    c->has_said_goodbye = true;
    say_goodbye(server, c, code, "", 0);
}

static void hear_message(cws_server *server, connection *c, const uint8_t *bytes, size_t size) {
    if (!c->is_binary && cws_whole_letters(bytes, size) < size) return fail(server, c, CLOSE_TEXT);
    server->handlers.message(server->owner, c->id, bytes, size);
}

static void hear_part(cws_server *server, connection *c, const frame *f) {
    bool is_first = f->op != OP_MORE;
    if (is_first == c->is_fragmented) return fail(server, c, CLOSE_PROTOCOL);
    if (is_first) c->is_binary = f->op == OP_BINARY;
    c->is_fragmented = !f->is_last;
    if (is_first && f->is_last) return hear_message(server, c, f->payload, f->size);
    if (!cws_append(&c->message, f->payload, f->size)) return cws_drop(c);
    if (!f->is_last) return;
    // The handler may drop the connection, but its memory stays until the next turn.
    hear_message(server, c, cws_first(&c->message), cws_size(&c->message));
    cws_consume(&c->message, cws_size(&c->message));
    cws_trim(&c->message);
}

static void hear(cws_server *server, connection *c, const frame *f) {
    switch (f->op) {
    case OP_CLOSE: return hear_goodbye(server, c, f);
    case OP_PONG: return;
    case OP_PING:
        if (c->stage != CWS_OPEN) return;
        if (cws_size(&c->out) + f->size > server->limits.queue_max || !queue(c, OP_PONG, f->payload, f->size)) cws_drop(c);
        return;
    default:
        if (c->stage == CWS_OPEN) hear_part(server, c, f);
    }
}

/// The close code for a head that may not be; 0 for a good one. `f->size` is meaningful then.
static uint16_t fault(const cws_server *server, const connection *c, const frame *f, uint8_t first, uint8_t second) {
    bool is_control = f->op >= OP_CLOSE;
    bool is_known = f->op <= OP_BINARY || (is_control && f->op <= OP_PONG);
    if (first & 0x70 || !is_known || !(second & 0x80)) return CLOSE_PROTOCOL;
    if (is_control) return f->is_last && f->size <= CONTROL_MAX ? 0 : CLOSE_PROTOCOL;
    size_t before = f->op == OP_MORE ? cws_size(&c->message) : 0;
    return f->size > server->limits.message_max - before ? CLOSE_TOO_BIG : 0;
}

/// Reads the first frame in the buffer and unmasks it. False when it is not whole yet, or a fault, which is told.
static bool read_frame(cws_server *server, connection *c, frame *f) {
    uint8_t *first = cws_first(&c->in);
    size_t have = cws_size(&c->in);
    if (have < 2) return false;
    size_t digits = (first[1] & 127) < 126 ? 0 : (first[1] & 127) == 126 ? 2 : 8;
    if (have < 2 + digits) return false;
    uint64_t size = digits ? 0 : first[1] & 127;
    for (size_t at = 0; at < digits; at++) size = size << 8 | first[2 + at];
    *f = (frame){
        .is_last = first[0] & 0x80, .op = first[0] & 15, .head = 2 + digits + MASK_BYTES, .size = (size_t)size};
    uint16_t code = fault(server, c, f, first[0], first[1]);
    if (code) {
        fail(server, c, code);
        return false;
    }
    if (have < f->head + f->size) return false;
    const uint8_t *mask = first + 2 + digits;
    f->payload = first + f->head;
    for (size_t at = 0; at < f->size; at++) f->payload[at] ^= mask[at % MASK_BYTES];
    return true;
}

void cws_socket_serve(cws_server *server, connection *c) {
    c->has_more = false;
    for (int heard = 0; heard < MESSAGES_A_TURN; heard++) {
        frame f;
        if (!read_frame(server, c, &f)) break;
        cws_consume(&c->in, f.head + f.size);
        hear(server, c, &f);
        if ((c->stage != CWS_OPEN && c->stage != CWS_CLOSING) || c->has_said_goodbye) break;
        c->has_more = heard + 1 == MESSAGES_A_TURN;
    }
    // Both have said goodbye, or no more is understood: what still comes is thrown away.
    if (c->has_said_goodbye && c->stage == CWS_CLOSING) cws_flush(server, c);
}

void cws_socket_readable(cws_server *server, connection *c) {
    size_t before = cws_size(&c->in);
    if (c->has_said_goodbye) cws_consume(&c->in, before);
    if (!cws_take_in(c, server->limits.message_max + FRAME_HEAD_MAX)) return cws_drop(c);
    if (c->has_said_goodbye || cws_size(&c->in) == before) return;
    if (c->stage == CWS_OPEN) {
        c->since_ms = server->now_ms;
        c->was_pinged = false;
    }
    cws_socket_serve(server, c);
}
