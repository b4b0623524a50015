#include "server_internal.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/// RFC 6455, section 4: a key is 16 bytes in base64.
enum { KEY_LETTERS = 24, KEY_BYTES = 16, SHA1_BYTES = 20 };
static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

static bool is_base64(char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
           letter == '+' || letter == '/';
}

static bool is_key(const char *text, size_t size) {
    if (size != KEY_LETTERS || text[22] != '=' || text[23] != '=') return false;
    for (size_t at = 0; at < 22; at++)
        if (!is_base64(text[at])) return false;
    return strchr("AQgw", text[21]) != NULL;  // 16 bytes leave four bits of the last letter unused
}

/// Whether a comma separated list has a word, whatever its case.
static bool has_word(const char *list, size_t size, const char *word) {
    const char *end = list + size;
    while (list < end) {
        const char *comma = memchr(list, ',', (size_t)(end - list)), *stop = comma ? comma : end;
        const char *next = comma ? comma + 1 : end;
        while (list < stop && (*list == ' ' || *list == '\t')) list++;
        while (stop > list && (stop[-1] == ' ' || stop[-1] == '\t')) stop--;
        if ((size_t)(stop - list) == strlen(word) && !strncasecmp(list, word, strlen(word))) return true;
        list = next;
    }
    return false;
}

static bool starts_as_get(const uint8_t *head, size_t size) {
    const char before[] = "GET ", after[] = " HTTP/1.1";
    const uint8_t *stop = memchr(head, '\r', size);
    size_t line = stop ? (size_t)(stop - head) : 0, around = strlen(before) + strlen(after);
    return line > around && !memcmp(head, before, strlen(before)) &&
           !memcmp(stop - strlen(after), after, strlen(after)) && !memchr(head + strlen(before), ' ', line - around);
}

const char *cws_refusal(const uint8_t *head, size_t size) {
    size_t n = 0;
    int count = 0;
    if (!starts_as_get(head, size)) return "400 Bad Request";
    const char *connection = cws_header(head, size, "Connection", &n, NULL);
    if (!connection || !has_word(connection, n, "upgrade")) return "400 Bad Request";
    const char *key = cws_header(head, size, "Sec-WebSocket-Key", &n, &count);
    if (count != 1 || !is_key(key, n)) return "400 Bad Request";
    const char *version = cws_header(head, size, "Sec-WebSocket-Version", &n, &count);
    if (count != 1 || n != 2 || memcmp(version, "13", 2)) return "426 Upgrade Required";
    return NULL;
}

bool cws_shake_hands(connection *c, const uint8_t *head, size_t size) {
    char text[KEY_LETTERS + sizeof GUID];
    unsigned char digest[EVP_MAX_MD_SIZE], accepted[32];
    size_t n = 0;
    memcpy(text, cws_header(head, size, "Sec-WebSocket-Key", &n, NULL), KEY_LETTERS);
    memcpy(text + KEY_LETTERS, GUID, sizeof GUID);
    if (!EVP_Digest(text, KEY_LETTERS + sizeof GUID - 1, digest, NULL, EVP_sha1(), NULL)) return false;
    EVP_EncodeBlock(accepted, digest, SHA1_BYTES);
    // Of the subprotocols and extensions that a client may offer this server speaks none, and so says nothing of them.
    char answer[160];
    int length = snprintf(
        answer, sizeof answer,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        "%s\r\n\r\n",
        (const char *)accepted);
    return cws_append(&c->out, answer, (size_t)length);
}
