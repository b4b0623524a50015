#include "CTlsTalk.h"
#include <openssl/ssl.h>
#include <stdlib.h>

struct tls_talk {
    SSL_CTX *context;
    SSL *tls;
    BIO *in, *out;
};

tls_talk *tls_talk_open(void) {
    tls_talk *talk = calloc(1, sizeof *talk);
    if (!talk) return NULL;
    talk->context = SSL_CTX_new(TLS_client_method());
    talk->tls = talk->context ? SSL_new(talk->context) : NULL;
    talk->in = BIO_new(BIO_s_mem());
    talk->out = BIO_new(BIO_s_mem());
    if (!talk->tls || !talk->in || !talk->out) return NULL;
    SSL_set_bio(talk->tls, talk->in, talk->out);
    SSL_set_connect_state(talk->tls);
    SSL_do_handshake(talk->tls);
    return talk;
}

void tls_talk_close(tls_talk *talk) {
    SSL_free(talk->tls);
    SSL_CTX_free(talk->context);
    free(talk);
}

size_t tls_talk_take(tls_talk *talk, void *bytes, size_t max) {
    int count = BIO_read(talk->out, bytes, (int)max);
    return count > 0 ? (size_t)count : 0;
}

bool tls_talk_give(tls_talk *talk, const void *bytes, size_t size) {
    if (size) BIO_write(talk->in, bytes, (int)size);
    if (SSL_is_init_finished(talk->tls)) return true;
    int result = SSL_do_handshake(talk->tls);
    return result == 1 || SSL_get_error(talk->tls, result) == SSL_ERROR_WANT_READ;
}

bool tls_talk_is_ready(const tls_talk *talk) { return SSL_is_init_finished(talk->tls); }

bool tls_talk_write(tls_talk *talk, const void *bytes, size_t size) {
    return !size || SSL_write(talk->tls, bytes, (int)size) == (int)size;
}

size_t tls_talk_read(tls_talk *talk, void *bytes, size_t max) {
    int count = SSL_read(talk->tls, bytes, (int)max);
    return count > 0 ? (size_t)count : 0;
}

void tls_talk_finish(tls_talk *talk) { SSL_shutdown(talk->tls); }
