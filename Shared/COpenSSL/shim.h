#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

/// HMAC-SHA256 into 32 bytes. 1 when done.
static inline int copenssl_hmac_sha256(
    const void *key, size_t key_count, const void *text, size_t text_count, unsigned char *digest) {
    unsigned int count = 32;
    return HMAC(EVP_sha256(), key, (int)key_count, (const unsigned char *)text, text_count, digest, &count) != NULL;
}
/// The private key in a PEM text, or NULL.
static inline EVP_PKEY *copenssl_private_key(const void *pem, size_t count) {
    BIO *memory = BIO_new_mem_buf(pem, (int)count);
    if (!memory) return NULL;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(memory, NULL, NULL, NULL);
    BIO_free(memory);
    return key;
}
static inline int copenssl_is_ed25519(EVP_PKEY *key) { return EVP_PKEY_id(key) == EVP_PKEY_ED25519; }
/// Ed25519 signature into 64 bytes. 1 when done.
static inline int copenssl_sign_ed25519(EVP_PKEY *key, const void *text, size_t count, unsigned char *signature) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context) return 0;
    size_t length = 64;
    int done = EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
               EVP_DigestSign(context, signature, &length, (const unsigned char *)text, count) == 1;
    EVP_MD_CTX_free(context);
    return done;
}
#endif
