#define _GNU_SOURCE
#include "server_internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/// After an accept that failed (no descriptors, no memory): the listener stays readable, and the loop would spin.
enum { PAUSE_MS = 100 };
enum { TELL_EVERY_MS = 10000 };
enum { ACCEPTS_A_TURN = 16 };

struct tls_server {
    SSL_CTX *context;
    pthread_t thread;
    tls_limits limits;
    int listener, waker, port, target_port;
    atomic_bool is_stopping;
    atomic_int trouble;
    // The thread's own.
    tls_passage **passages;  // connections_max of them, `count` at work
    struct pollfd *polled;   // 2 + 2 * connections_max of them
    int count;
    int64_t now_ms, accepts_again_ms, tells_again_ms;
};

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// MARK: the thread

static void tell(tls_server *server, int error) {
    if (server->now_ms < server->tells_again_ms) return;
    server->tells_again_ms = server->now_ms + TELL_EVERY_MS;
    atomic_store(&server->trouble, error);
}

static void pause_accepting(tls_server *server, int error) {
    server->accepts_again_ms = server->now_ms + PAUSE_MS;
    tell(server, error);
}

static void remove_at(tls_server *server, int at) {
    tls_close(server->passages[at]);
    server->passages[at] = server->passages[--server->count];
}

/// Gives the place of the slowest handshake away. False when all have shaken hands.
static bool make_room(tls_server *server) {
    int slowest = -1;
    for (int at = 0; at < server->count; at++) {
        const tls_passage *p = server->passages[at];
        if (!p->is_shaken && (slowest < 0 || p->since_ms < server->passages[slowest]->since_ms)) slowest = at;
    }
    if (slowest >= 0) remove_at(server, slowest);
    return slowest >= 0;
}

static void accept_all(tls_server *server) {
    for (int taken = 0; taken < ACCEPTS_A_TURN; taken++) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (fd < 0) {
            if (errno != EAGAIN) pause_accepting(server, errno);
            return;
        }
        if (server->count == server->limits.connections_max && !make_room(server)) {
            close(fd);
            tell(server, EBUSY);
            continue;
        }
        tls_passage *p = tls_open(server->context, fd, server->now_ms);
        if (!p) return pause_accepting(server, ENOMEM);
        server->passages[server->count++] = p;
    }
}

static int milliseconds(int64_t until_ms, int64_t now_ms) {
    if (until_ms == INT64_MAX) return -1;
    int64_t left = until_ms - now_ms;
    return left <= 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

/// Sleeps until something is to be done. False when the wait itself failed.
static bool wait_for_news(tls_server *server) {
    bool is_paused = server->now_ms < server->accepts_again_ms;
    int64_t until_ms = is_paused ? server->accepts_again_ms : INT64_MAX;
    server->polled[0] = (struct pollfd){.fd = server->waker, .events = POLLIN};
    server->polled[1] = (struct pollfd){.fd = is_paused ? -1 : server->listener, .events = POLLIN};
    int count = 2;
    for (int at = 0; at < server->count; at++) {
        tls_passage *p = server->passages[at];
        int64_t end = p->has_more ? server->now_ms : tls_deadline(p, &server->limits);
        if (end < until_ms) until_ms = end;
        p->polled_at = count;
        p->polled_count = tls_wanted(p, server->polled + count);
        count += p->polled_count;
    }
    return poll(server->polled, (nfds_t)count, milliseconds(until_ms, server->now_ms)) >= 0 || errno == EINTR;
}

static bool is_ready(const tls_server *server, const tls_passage *p) {
    bool is_ready = p->has_more;
    for (int at = 0; at < p->polled_count; at++) is_ready |= server->polled[p->polled_at + at].revents != 0;
    return is_ready;
}

static void *serve(void *argument) {
    tls_server *server = argument;
    sigset_t broken;  // OpenSSL writes to clients that may have gone
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken, NULL);
    while (!atomic_load(&server->is_stopping)) {
        server->now_ms = monotonic_ms();
        // Whatever happens, the door opens again after a pause: TLS never goes away in silence.
        if (!wait_for_news(server)) {
            tell(server, errno);
            usleep(PAUSE_MS * 1000);
            continue;
        }
        server->now_ms = monotonic_ms();
        // From the end, since the last one takes the place of one that ends.
        for (int at = server->count - 1; at >= 0; at--) {
            tls_passage *p = server->passages[at];
            bool goes_on = !is_ready(server, p) || tls_advance(p, server->target_port, server->now_ms);
            if (!goes_on || server->now_ms >= tls_deadline(p, &server->limits)) remove_at(server, at);
        }
        if (server->polled[1].revents) accept_all(server);
    }
    while (server->count) remove_at(server, server->count - 1);
    return NULL;
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
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static void release(tls_server *server) {
    if (server->listener >= 0) close(server->listener);
    if (server->waker >= 0) close(server->waker);
    SSL_CTX_free(server->context);
    free(server->passages);
    free(server->polled);
    free(server);
}

/// Who can connect finds the certificate in its file.
static bool start(tls_server *server, const char *certificate_path) {
    size_t count = (size_t)server->limits.connections_max;
    server->waker = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    server->passages = calloc(count, sizeof *server->passages);
    server->polled = calloc(2 + 2 * count, sizeof *server->polled);
    if (server->waker < 0 || !server->passages || !server->polled) return false;
    errno = 0;
    server->context = tls_make_context(certificate_path);
    if (!server->context) return false;
    SSL_CTX_set_mode(server->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (listen(server->listener, 128)) return false;
    struct sockaddr_in bound;
    socklen_t size = sizeof bound;
    getsockname(server->listener, (struct sockaddr *)&bound, &size);
    server->port = ntohs(bound.sin_port);
    errno = pthread_create(&server->thread, NULL, serve, server);
    return errno == 0;
}

tls_server *tls_start(
    const char *host, int port, int target_port, const char *certificate_path, const tls_limits *limits) {
    int listener = listen_on(host, port);
    if (listener < 0) return NULL;
    tls_server *server = calloc(1, sizeof *server);
    if (!server) {
        close(listener);
        errno = ENOMEM;
        return NULL;
    }
    server->limits = *limits;
    server->target_port = target_port;
    server->listener = listener;
    if (start(server, certificate_path)) return server;
    int reason = errno ? errno : EIO;
    release(server);
    errno = reason;
    return NULL;
}

int tls_port(const tls_server *server) { return server->port; }

int tls_take_trouble(tls_server *server) { return atomic_exchange(&server->trouble, 0); }

void tls_stop(tls_server *server) {
    uint64_t one = 1;
    atomic_store(&server->is_stopping, true);
    while (write(server->waker, &one, sizeof one) < 0 && errno == EINTR) {}
    pthread_join(server->thread, NULL);
    release(server);
}
