#define _GNU_SOURCE
#include "server_internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/// Connections that are taken in one turn, so that a flood of them holds nobody else up.
enum { ACCEPTS_A_TURN = 64 };
/// After an accept that failed (no descriptors, no memory): the listener stays readable, and the loop would spin.
enum { ACCEPT_PAUSE_MS = 100 };
enum { TELL_EVERY_MS = 10000 };
/// Bytes that are read and thrown away of a client that has had its answer.
enum { DRAINED_A_TURN = 65536 };
static const int64_t NEVER_MS = INT64_MAX;

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// MARK: start and stop

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

static void release(cws_server *server) {
    if (server->listener >= 0) close(server->listener);
    if (server->waker >= 0) close(server->waker);
    free(server->slots);
    free(server->polled);
    free(server->polled_owners);
    free(server);
}

cws_server *cws_start(const char *host, int port, const cws_limits *limits, const cws_handlers *handlers, void *owner) {
    cws_server *server = calloc(1, sizeof *server);
    if (!server) return NULL;
    size_t count = (size_t)limits->connections_max;
    *server = (cws_server){
        .limits = *limits, .handlers = *handlers, .owner = owner, .waker = -1, .now_ms = monotonic_ms(),
        .listener = listen_on(host, port)};
    if (server->listener >= 0) server->waker = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (server->waker >= 0) {
        server->slots = calloc(count, sizeof *server->slots);
        server->polled = calloc(count + 2, sizeof *server->polled);
        server->polled_owners = calloc(count + 2, sizeof *server->polled_owners);
    }
    if (!server->slots || !server->polled || !server->polled_owners) {
        int error = errno;
        release(server);
        errno = error;
        return NULL;
    }
    struct sockaddr_in bound;
    socklen_t size = sizeof bound;
    getsockname(server->listener, (struct sockaddr *)&bound, &size);
    server->port = ntohs(bound.sin_port);
    return server;
}

int cws_port(const cws_server *server) { return server->port; }
int cws_connection_count(const cws_server *server) { return server->seated; }
uint64_t cws_turned_away_count(const cws_server *server) { return server->turned_away; }

void cws_wake(cws_server *server) {
    uint64_t one = 1;
    while (write(server->waker, &one, sizeof one) < 0 && errno == EINTR) {}
}

static void free_connection(cws_server *server, connection *c) {
    server->slots[c->id % (uint64_t)server->limits.connections_max] = NULL;
    server->seated--;
    free(c->in.bytes);
    free(c->out.bytes);
    free(c->message.bytes);
    free(c);
}

void cws_stop(cws_server *server) {
    for (int slot = 0; slot < server->limits.connections_max; slot++) {
        connection *c = server->slots[slot];
        if (!c) continue;
        if (c->stage != CWS_GONE) cws_drop(c);
        free_connection(server, c);
    }
    release(server);
}

// MARK: coming

static void tell_turned_away(cws_server *server, int error) {
    server->turned_away++;
    if (server->now_ms < server->tells_again_ms) return;
    server->tells_again_ms = server->now_ms + TELL_EVERY_MS;
    server->handlers.turned_away(server->owner, error);
}

/// How little is lost with a connection that speaks HTTP: its answer has left; it asks nothing; it has not asked to the end
/// for longer than anybody else. 0 for one that stays.
static int dispensable(const connection *c) {
    if (c->was_open) return 0;
    return c->stage == CWS_DRAINING ? 3 : c->stage == CWS_IDLE ? 2 : c->stage == CWS_READING ? 1 : 0;
}

static connection *most_dispensable(const cws_server *server) {
    connection *found = NULL;
    for (int slot = 0; slot < server->limits.connections_max; slot++) {
        connection *c = server->slots[slot];
        if (!dispensable(c)) continue;
        int more = found ? dispensable(c) - dispensable(found) : 1;
        if (more > 0 || (more == 0 && c->since_ms < found->since_ms)) found = c;
    }
    return found;
}

static int free_slot(const cws_server *server) {
    for (int slot = 0; slot < server->limits.connections_max; slot++)
        if (!server->slots[slot]) return slot;
    return -1;
}

/// Gives a new connection a place: who is silent makes room for who comes, so silence keeps nobody out.
static bool seat(cws_server *server, int fd) {
    int slot = free_slot(server);
    connection *given_up = slot < 0 ? most_dispensable(server) : NULL;
    if (given_up) {
        slot = (int)(given_up->id % (uint64_t)server->limits.connections_max);
        cws_drop(given_up);
        free_connection(server, given_up);
    }
    connection *c = slot < 0 ? NULL : calloc(1, sizeof *c);
    if (!c) {
        tell_turned_away(server, slot < 0 ? EBUSY : ENOMEM);
        return false;
    }
    c->id = ++server->generation * (uint64_t)server->limits.connections_max + (uint64_t)slot;
    c->fd = fd;
    cws_enter(server, c, CWS_IDLE);
    server->slots[slot] = c;
    server->seated++;
    return true;
}

static void accept_all(cws_server *server) {
    for (int taken = 0; taken < ACCEPTS_A_TURN; taken++) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
        if (fd >= 0) {
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            if (!seat(server, fd)) close(fd);
            continue;
        }
        if (errno == EAGAIN) return;
        if (errno == EINTR || errno == ECONNABORTED) continue;
        server->accepts_again_ms = server->now_ms + ACCEPT_PAUSE_MS;
        return tell_turned_away(server, errno);
    }
}

// MARK: a turn

/// When the wait of a connection's stage ends.
static int64_t deadline(const cws_server *server, const connection *c) {
    const cws_limits *limits = &server->limits;
    switch (c->stage) {
    case CWS_IDLE: return c->since_ms + limits->idle_ms;
    case CWS_READING: return c->since_ms + limits->request_ms;
    case CWS_ANSWERING: return c->since_ms + limits->answer_ms;
    case CWS_WRITING: return c->since_ms + limits->stall_ms;
    case CWS_DRAINING:
    case CWS_CLOSING: return c->since_ms + limits->goodbye_ms;
    case CWS_OPEN: return c->since_ms + (c->was_pinged ? limits->hangup_after_ms : limits->ping_after_ms);
    case CWS_GONE: return NEVER_MS;
    }
    return NEVER_MS;
}

static short wanted(const connection *c) {
    short more = c->has_more ? 0 : POLLIN;  // what has come is served first
    switch (c->stage) {
    case CWS_IDLE:
    case CWS_READING: return more;
    case CWS_DRAINING: return POLLIN;
    case CWS_ANSWERING: return POLLRDHUP;  // a client that goes now waits for no answer
    case CWS_WRITING: return POLLOUT;
    case CWS_OPEN:
    case CWS_CLOSING: return cws_size(&c->out) ? more | POLLOUT : more;
    case CWS_GONE: return 0;
    }
    return 0;
}

static void drain(connection *c) {
    cws_consume(&c->in, cws_size(&c->in));
    if (!cws_take_in(c, DRAINED_A_TURN)) cws_drop(c);
}

static void meet(cws_server *server, connection *c, short ready) {
    if (ready & (POLLERR | POLLNVAL) || (ready & POLLHUP && !(ready & POLLIN))) return cws_drop(c);
    if (c->stage == CWS_ANSWERING && ready & (POLLRDHUP | POLLHUP)) return cws_drop(c);
    if (ready & POLLOUT) {
        c->is_blocked = false;
        if (!cws_flush(server, c)) return;
    }
    if (!(ready & POLLIN)) return;
    switch (c->stage) {
    case CWS_IDLE:
    case CWS_READING: return cws_http_readable(server, c);
    case CWS_OPEN:
    case CWS_CLOSING: return cws_socket_readable(server, c);
    case CWS_DRAINING: return drain(c);
    default: return;
    }
}

/// A client that was silent for too long is cut, but for the WebSocket that is asked by a ping first.
static void end_wait(connection *c) {
    if (c->stage == CWS_OPEN && !c->was_pinged && cws_ping(c)) {
        c->was_pinged = true;
        return;
    }
    cws_drop(c);
}

static void serve_more(cws_server *server, connection *c) {
    if (c->stage == CWS_READING) cws_http_serve(server, c);
    else if (c->stage == CWS_OPEN || c->stage == CWS_CLOSING) cws_socket_serve(server, c);
}

/// Frees who has gone and tells it; sends what was queued since the last turn.
static void tidy(cws_server *server) {
    for (int slot = 0; slot < server->limits.connections_max; slot++) {
        connection *c = server->slots[slot];
        if (c && (c->stage == CWS_OPEN || c->stage == CWS_CLOSING) && !c->is_blocked) cws_flush(server, c);
        if (!c || c->stage != CWS_GONE) continue;
        cws_id id = c->id;
        bool was_open = c->was_open;
        free_connection(server, c);
        if (was_open) server->handlers.closed(server->owner, id);
    }
}

/// Fills the table of what is waited for. Returns when the first wait ends.
static int64_t prepare(cws_server *server, nfds_t *count) {
    bool is_paused = server->now_ms < server->accepts_again_ms;
    int64_t next = is_paused ? server->accepts_again_ms : NEVER_MS;
    server->polled[0] = (struct pollfd){.fd = server->waker, .events = POLLIN};
    server->polled[1] = (struct pollfd){.fd = is_paused ? -1 : server->listener, .events = POLLIN};
    *count = 2;
    for (int slot = 0; slot < server->limits.connections_max; slot++) {
        connection *c = server->slots[slot];
        if (!c || c->stage == CWS_GONE) continue;
        int64_t end = c->has_more ? server->now_ms : deadline(server, c);
        if (end < next) next = end;
        server->polled_owners[*count] = c;
        server->polled[(*count)++] = (struct pollfd){.fd = c->fd, .events = wanted(c)};
    }
    return next;
}

static int wait_for(cws_server *server, nfds_t count, int64_t until_ms, int64_t timeout_us) {
    int64_t left_ms = until_ms == NEVER_MS ? NEVER_MS : until_ms - server->now_ms;
    if (left_ms <= timeout_us / 1000) timeout_us = left_ms > 0 ? left_ms * 1000 : 0;
    if (timeout_us < 0) timeout_us = 0;
    struct timespec limit = {.tv_sec = timeout_us / 1000000, .tv_nsec = timeout_us % 1000000 * 1000};
    int ready = ppoll(server->polled, count, &limit, NULL);
    return ready < 0 && errno == EINTR ? 0 : ready;
}

bool cws_poll(cws_server *server, int64_t timeout_us) {
    nfds_t count;
    server->now_ms = monotonic_ms();
    tidy(server);
    int64_t until_ms = prepare(server, &count);
    int ready = wait_for(server, count, until_ms, timeout_us);
    if (ready < 0) return false;
    server->now_ms = monotonic_ms();
    if (ready > 0 && server->polled[0].revents) {
        uint64_t wakes;
        while (read(server->waker, &wakes, sizeof wakes) < 0 && errno == EINTR) {}
    }
    // Handlers may drop any connection; none is freed before the next turn.
    for (nfds_t at = 2; at < count; at++) {
        connection *c = server->polled_owners[at];
        if (c->stage != CWS_GONE && server->polled[at].revents) meet(server, c, server->polled[at].revents);
        if (c->stage != CWS_GONE && c->has_more) serve_more(server, c);
        if (c->stage != CWS_GONE && !c->has_more && server->now_ms >= deadline(server, c)) end_wait(c);
    }
    if (ready > 0 && server->polled[1].revents) {
        tidy(server);  // who has gone in this turn makes room first
        accept_all(server);
    }
    return true;
}
