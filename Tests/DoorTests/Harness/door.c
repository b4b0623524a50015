// A server behind the suite's own doors, with limits from its arguments (`idle_ms 200 …`), for tests that treat it badly. It is
// built with the address sanitizer: what breaks memory, and what is lost of it, ends it with a report.
#define _GNU_SOURCE
#include "CTlsServer.h"
#include "CWebSocketServer.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static cws_server *server;
static tls_server *tls;
static volatile sig_atomic_t is_stopping;
static uint64_t requests;
static cws_id late[64];
static size_t late_count;

static void stop(int signal) {
    (void)signal;
    is_stopping = 1;
}

static void answer(cws_id id, const void *body, size_t size, bool keep_alive) {
    char head[128];
    int n = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
    char *bytes = malloc((size_t)n + size);
    memcpy(bytes, head, (size_t)n);
    if (size) memcpy(bytes + n, body, size);
    cws_respond(server, id, (uint8_t *)bytes, (size_t)n + size, keep_alive);
    free(bytes);
}

static bool has_path(const uint8_t *head, size_t size, const char *path) {
    const uint8_t *at = memchr(head, ' ', size);
    return at && size - (size_t)(at - head) > strlen(path) && !memcmp(at + 1, path, strlen(path));
}

/// Answers last what was asked first.
static void release_late(void) {
    while (late_count) {
        char text[32];
        int n = snprintf(text, sizeof text, "late %zu", late_count);
        answer(late[--late_count], text, (size_t)n, true);
    }
}

static void on_request(
    void *owner, cws_id id, const uint8_t *head, size_t head_size, const uint8_t *body, size_t body_size) {
    (void)owner;
    char text[32];
    requests += !has_path(head, head_size, "/count");
    bool keep_alive = !memmem(head, head_size, "Connection: close", 17);
    if (has_path(head, head_size, "/never")) return;
    if (has_path(head, head_size, "/later")) {
        if (late_count < 64) late[late_count++] = id;
        return;
    }
    if (has_path(head, head_size, "/release")) release_late();
    if (has_path(head, head_size, "/count")) return answer(id, text, (size_t)snprintf(text, 32, "%llu", (unsigned long long)requests), keep_alive);
    if (has_path(head, head_size, "/places")) {
        int n = snprintf(
            text, sizeof text, "%d there, %s", cws_connection_count(server),
            cws_turned_away_count(server) ? "some not" : "all");
        return answer(id, text, (size_t)n, keep_alive);
    }
    if (has_path(head, head_size, "/big/")) {
        const char *digits = (const char *)memchr(head, ' ', head_size) + 6;
        size_t size = strtoull(digits, NULL, 10);
        char *big = malloc(size);
        for (size_t at = 0; at < size; at++) big[at] = (char)('a' + at % 23);
        answer(id, big, size, keep_alive);
        return free(big);
    }
    answer(id, body, body_size, keep_alive);
}

static bool on_upgrade(void *owner, cws_id id, const uint8_t *head, size_t head_size) {
    (void)owner;
    if (has_path(head, head_size, "/ws")) return true;
    if (!has_path(head, head_size, "/mute")) {
        static const char refusal[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        cws_respond(server, id, (const uint8_t *)refusal, sizeof refusal - 1, true);
    }
    return false;
}

static void on_opened(void *owner, cws_id id) {
    (void)owner;
    cws_send_text(server, id, (const uint8_t *)"welcome", 7);
}

static void on_message(void *owner, cws_id id, const uint8_t *bytes, size_t size) {
    (void)owner;
    if (size == 3 && !memcmp(bytes, "bye", 3)) {
        // The limit of 123 bytes falls into the middle of a letter.
        char reason[200] = "";
        for (int at = 0; at < 45; at++) strcat(reason, "\u20ac");
        return cws_close(server, id, 4000, reason);
    }
    if (size == 3 && !memcmp(bytes, "cut", 3)) return cws_abort(server, id);
    if (size == 5 && !memcmp(bytes, "flood", 5)) {
        uint8_t text[1000];
        memset(text, 'x', sizeof text);
        while (cws_send_text(server, id, text, sizeof text)) {}
        return;
    }
    cws_send_text(server, id, bytes, size);
}

static void on_closed(void *owner, cws_id id) {
    (void)owner, (void)id;
    printf("closed\n");
}

static void on_turned_away(void *owner, int error) {
    (void)owner;
    printf("turned away: %s\n", strerror(error));
}

static int64_t number(int count, char **words, const char *name, int64_t usual) {
    for (int at = 1; at + 1 < count; at += 2)
        if (!strcmp(words[at], name)) return strtoll(words[at + 1], NULL, 10);
    return usual;
}

int main(int count, char **words) {
#define LIMIT(name, usual) .name = (int)number(count, words, #name, usual)
    cws_limits limits = {
        LIMIT(head_max, 16384), LIMIT(body_max, 65536), LIMIT(answer_max, 64 << 20), LIMIT(message_max, 65536),
        LIMIT(queue_max, 1 << 20), LIMIT(connections_max, 64), LIMIT(idle_ms, 600000), LIMIT(request_ms, 600000),
        LIMIT(answer_ms, 600000), LIMIT(stall_ms, 600000), LIMIT(goodbye_ms, 600000), LIMIT(ping_after_ms, 600000),
        LIMIT(hangup_after_ms, 600000)};
    tls_limits tls_limits = {
        LIMIT(connections_max, 64), LIMIT(handshake_ms, 600000), LIMIT(stall_ms, 600000), LIMIT(goodbye_ms, 600000)};
    cws_handlers handlers = {on_request, on_upgrade, on_opened, on_message, on_closed, on_turned_away};
    close_range(3, ~0u, 0);  // what its parent had open
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGTERM, stop);
    setvbuf(stdout, NULL, _IOLBF, 0);
    server = cws_start("127.0.0.1", 0, &limits, &handlers, NULL);
    const char *certificate = getenv("DOOR_CERTIFICATE");
    if (server && certificate) tls = tls_start("127.0.0.1", 0, cws_port(server), certificate, &tls_limits);
    if (!server || (certificate && !tls)) return perror("door"), 1;
    struct rlimit descriptors;
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = (rlim_t)number(count, words, "descriptors", (int64_t)descriptors.rlim_cur);
    if (setrlimit(RLIMIT_NOFILE, &descriptors)) return perror("door"), 1;
    printf("listening %d %d\n", cws_port(server), tls ? tls_port(tls) : 0);
    while (!is_stopping && cws_poll(server, 100000)) {
        int trouble = tls ? tls_take_trouble(tls) : 0;
        if (trouble) printf("no TLS: %s\n", strerror(trouble));
    }
    if (tls) tls_stop(tls);
    cws_stop(server);
    printf("stopped\n");
    return 0;
}
