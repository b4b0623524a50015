// TLS between two queues of bytes: the socket stays with whoever has the connection, so that it is waited for as without TLS.
#include "CHiredis.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chiredis_tls {
    SSL *ssl;
    BIO *arrived, *leaving;
    char error[320];
};

// The system's list of authorities takes long to read and stands in memory: all connections share it.
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static SSL_CTX *shared_context;
static char *shared_name;

static void forget_shared(void) {
    pthread_mutex_lock(&shared_lock);
    SSL_CTX_free(shared_context);
    free(shared_name);
    shared_context = NULL;
    shared_name = NULL;
    pthread_mutex_unlock(&shared_lock);
}

static void explain(char *error, size_t size, const char *what) {
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    snprintf(error, size, "%s%s%s", what, reason ? ": " : "", reason ? reason : "");
    ERR_clear_error();
}

static SSL_CTX *make_context(const char *authorities, const char *certificate, const char *key, char *error, size_t size) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) return explain(error, size, "out of memory"), NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    const char *flaw = NULL;
    int has_authorities = authorities ? SSL_CTX_load_verify_locations(context, authorities, NULL)
                                      : SSL_CTX_set_default_verify_paths(context);
    if (has_authorities != 1) flaw = authorities ? authorities : "the system's authorities can't be read";
    if (!flaw && certificate && SSL_CTX_use_certificate_chain_file(context, certificate) != 1) flaw = certificate;
    if (!flaw && key && SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) flaw = key;
    if (!flaw && key && SSL_CTX_check_private_key(context) != 1) flaw = key;
    if (!flaw) return context;
    explain(error, size, flaw);
    SSL_CTX_free(context);
    return NULL;
}

static SSL_CTX *context_of(const char *authorities, const char *certificate, const char *key, char *error, size_t size) {
    char *name = NULL;
    const char *parts[] = {authorities, certificate, key};
    size_t length = 4;
    for (int i = 0; i < 3; i++) length += parts[i] ? strlen(parts[i]) : 0;
    if (!(name = malloc(length))) return snprintf(error, size, "out of memory"), NULL;
    snprintf(
        name, length, "%s\n%s\n%s", authorities ? authorities : "", certificate ? certificate : "", key ? key : "");
    pthread_mutex_lock(&shared_lock);
    if (!shared_context || strcmp(shared_name, name) != 0) {
        SSL_CTX *made = make_context(authorities, certificate, key, error, size);
        SSL_CTX_free(shared_context);
        free(shared_name);
        shared_context = made;
        shared_name = made ? name : NULL;
        if (made) name = NULL;
    }
    SSL_CTX *context = shared_context;
    if (context) SSL_CTX_up_ref(context);
    pthread_mutex_unlock(&shared_lock);
    free(name);
    return context;
}

/// The server must show a certificate of this name or address.
static int expect(SSL *ssl, const char *host) {
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
    return SSL_set1_host(ssl, host) && SSL_set_tlsext_host_name(ssl, host);
}

chiredis_tls *chiredis_tls_create(
    const char *host, const char *authorities, const char *certificate, const char *key, char *error,
    size_t error_size) {
    ERR_clear_error();
    SSL_CTX *context = context_of(authorities, certificate, key, error, error_size);
    if (!context) return NULL;
    chiredis_tls *tls = calloc(1, sizeof *tls);
    if (tls) tls->ssl = SSL_new(context);
    SSL_CTX_free(context);
    if (tls && tls->ssl && expect(tls->ssl, host) == 1) {
        tls->arrived = BIO_new(BIO_s_mem());
        tls->leaving = BIO_new(BIO_s_mem());
    }
    if (!tls || !tls->arrived || !tls->leaving) {
        explain(error, error_size, "TLS can't begin");
        if (tls) {
            BIO_free(tls->arrived);
            BIO_free(tls->leaving);
            SSL_free(tls->ssl);
            free(tls);
        }
        return NULL;
    }
    SSL_set_bio(tls->ssl, tls->arrived, tls->leaving);
    SSL_set_connect_state(tls->ssl);
    return tls;
}

void chiredis_tls_free(chiredis_tls *tls) {
    if (!tls) return;
    SSL_free(tls->ssl);
    free(tls);
}

const char *chiredis_tls_error(const chiredis_tls *tls) { return tls->error; }

/// 0 when more has to arrive first, else -1 with the reason, or -2 for an orderly end.
static int outcome(chiredis_tls *tls, int result) {
    int kind = SSL_get_error(tls->ssl, result);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return 0;
    if (kind == SSL_ERROR_ZERO_RETURN) return -2;
    long verdict = SSL_get_verify_result(tls->ssl);
    if (verdict != X509_V_OK) {
        snprintf(
            tls->error, sizeof tls->error, "TLS: the server's certificate is refused: %s",
            X509_verify_cert_error_string(verdict));
        ERR_clear_error();
        // What the list of authorities lacked may stand in it by the next try.
        forget_shared();
    } else {
        explain(tls->error, sizeof tls->error, "TLS");
    }
    return -1;
}

int chiredis_tls_feed(chiredis_tls *tls, const void *bytes, size_t count) {
    return BIO_write(tls->arrived, bytes, (int)count) == (int)count ? 0 : -1;
}

long chiredis_tls_read(chiredis_tls *tls, void *bytes, size_t size) {
    ERR_clear_error();
    int count = SSL_read(tls->ssl, bytes, (int)size);
    return count > 0 ? count : outcome(tls, count);
}

int chiredis_tls_write(chiredis_tls *tls, const void *bytes, size_t count) {
    ERR_clear_error();
    if (!SSL_is_init_finished(tls->ssl)) {
        int result = SSL_do_handshake(tls->ssl);
        if (result != 1) {
            int failure = outcome(tls, result);
            return failure == -2 ? -1 : failure;
        }
    }
    if (count == 0) return 1;
    int result = SSL_write(tls->ssl, bytes, (int)count);
    if (result == (int)count) return 1;
    int failure = outcome(tls, result);
    return failure == -2 ? -1 : failure;
}

int chiredis_tls_is_ready(const chiredis_tls *tls) { return SSL_is_init_finished(tls->ssl); }

size_t chiredis_tls_leaving(const chiredis_tls *tls) { return BIO_ctrl_pending(tls->leaving); }

size_t chiredis_tls_take(chiredis_tls *tls, void *bytes, size_t size) {
    int count = BIO_read(tls->leaving, bytes, (int)size);
    return count > 0 ? (size_t)count : 0;
}
