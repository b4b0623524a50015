#include "server_internal.h"
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

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
    FILE *file = fopen(path, "we");
    if (!file) return false;
    bool written = PEM_write_X509(file, certificate) == 1;
    return fclose(file) == 0 && written;
}

SSL_CTX *tls_make_context(const char *certificate_path) {
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
