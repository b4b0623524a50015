#define _GNU_SOURCE
#include "CTlsServer.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct tls_server {
    SSL_CTX *context;
    pthread_t thread;
    int listener, port, target_port;
};

typedef struct {
    SSL *tls;
    int outside, inside;
} passage;

// MARK: the certificate

static bool add_extension(X509 *certificate, int kind, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);
    bool added = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

static X509 *sign_own(EVP_PKEY *key) {
    X509 *certificate = X509_new();
    if (!certificate) return NULL;
    X509_NAME *name = X509_get_subject_name(certificate);
    bool made = X509_set_version(certificate, 2) && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
                X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) &&
                X509_gmtime_adj(X509_getm_notAfter(certificate), 10 * 86400) &&
                X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0) &&
                X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, key) &&
                add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
                add_extension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1") &&
                X509_sign(certificate, key, EVP_sha256());
    if (made) return certificate;
    X509_free(certificate);
    return NULL;
}

static bool write_certificate(const char *path, X509 *certificate) {
    FILE *file = fopen(path, "w");
    if (!file) return false;
    bool written = PEM_write_X509(file, certificate) == 1;
    return fclose(file) == 0 && written;
}

static SSL_CTX *make_context(const char *certificate_path) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? sign_own(key) : NULL;
    SSL_CTX *context = certificate ? SSL_CTX_new(TLS_server_method()) : NULL;
    if (context && !(SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1 &&
                     write_certificate(certificate_path, certificate))) {
        SSL_CTX_free(context);
        context = NULL;
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

// MARK: one connection

static bool write_all(int fd, const char *bytes, size_t size) {
    while (size) {
        ssize_t count = send(fd, bytes, size, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes += count;
        size -= (size_t)count;
    }
    return true;
}

static void pass_both_ways(passage *p) {
    char bytes[16384];
    struct pollfd ends[2] = {{.fd = p->outside, .events = POLLIN}, {.fd = p->inside, .events = POLLIN}};
    while (true) {
        if (!SSL_pending(p->tls) && poll(ends, 2, -1) < 0 && errno != EINTR) return;
        if (SSL_pending(p->tls) || ends[0].revents) {
            int count = SSL_read(p->tls, bytes, sizeof bytes);
            if (count <= 0 || !write_all(p->inside, bytes, (size_t)count)) return;
        }
        if (ends[1].revents) {
            ssize_t count = read(p->inside, bytes, sizeof bytes);
            if (count <= 0 || SSL_write(p->tls, bytes, (int)count) <= 0) return;
        }
        ends[0].revents = ends[1].revents = 0;
    }
}

static void *serve(void *argument) {
    passage *p = argument;
    struct timeval limit = {.tv_sec = 10}, none = {0};
    sigset_t broken;  // OpenSSL writes to clients that may have gone
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken, NULL);
    setsockopt(p->outside, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (SSL_accept(p->tls) == 1) {
        setsockopt(p->outside, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
        pass_both_ways(p);
        SSL_shutdown(p->tls);
    }
    SSL_free(p->tls);
    close(p->outside);
    close(p->inside);
    free(p);
    return NULL;
}

static int connect_inside(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return fd;
    }
    if (fd >= 0) close(fd);
    return -1;
}

static void take(tls_server *server, int outside) {
    int on = 1;
    setsockopt(outside, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    passage *p = calloc(1, sizeof *p);
    int inside = p ? connect_inside(server->target_port) : -1;
    SSL *tls = inside >= 0 ? SSL_new(server->context) : NULL;
    if (tls && SSL_set_fd(tls, outside)) {
        *p = (passage){.tls = tls, .outside = outside, .inside = inside};
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, p) == 0) {
            pthread_detach(thread);
            return;
        }
    }
    SSL_free(tls);
    if (inside >= 0) close(inside);
    close(outside);
    free(p);
}

static void *accept_all(void *argument) {
    tls_server *server = argument;
    while (true) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            take(server, fd);
        } else if (errno != EINTR && errno != ECONNABORTED && errno != EMFILE) {
            return NULL;  // shut down
        } else if (errno == EMFILE) {
            usleep(10000);
        }
    }
}

// MARK: the server

static int bind_to(const char *host, int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (inet_pton(AF_INET, host, &address.sin_addr) == 1) {
        if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    } else {
        errno = EINVAL;
    }
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

tls_server *tls_start(const char *host, int port, int target_port, const char *certificate_path) {
    int listener = bind_to(host, port);
    if (listener < 0) return NULL;
    tls_server *server = calloc(1, sizeof *server);
    errno = 0;
    SSL_CTX *context = server ? make_context(certificate_path) : NULL;
    // Who can connect finds the certificate in its file.
    if (context && listen(listener, 128) == 0) {
        struct sockaddr_in bound;
        socklen_t size = sizeof bound;
        getsockname(listener, (struct sockaddr *)&bound, &size);
        *server = (tls_server){
            .context = context, .listener = listener, .port = ntohs(bound.sin_port), .target_port = target_port};
        errno = pthread_create(&server->thread, NULL, accept_all, server);
        if (errno == 0) return server;
    }
    int reason = errno ? errno : EIO;
    SSL_CTX_free(context);
    free(server);
    close(listener);
    errno = reason;
    return NULL;
}

int tls_port(const tls_server *server) { return server->port; }

void tls_stop(tls_server *server) {
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    SSL_CTX_free(server->context);  // open connections hold their own share
    free(server);
}
