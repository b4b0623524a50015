// Our WebSocket client, which opens ROUNDS connections to a port, one after the other, and tells what it hears: `client PORT
// ROUNDS`. It is built with the address sanitizer, for tests whose server treats it badly.
#include "CWebSocketClient.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static cwsc_connection *connection;
static bool is_over;

static void on_event(void *owner, cwsc_event event, const uint8_t *bytes, size_t count) {
    // The owner's memory is read each time: it must still be there.
    if (*(int *)owner != 7) abort();
    switch (event) {
    case CWSC_OPENED: printf("opened\n"); break;
    case CWSC_PONG: printf("pong\n"); break;
    case CWSC_ENDED:
        printf("ended\n");
        is_over = true;
        break;
    case CWSC_MESSAGE:
        printf("heard %zu %.*s\n", count, (int)(count < 20 ? count : 20), (const char *)bytes);
        if (count == 4 && !memcmp(bytes, "ping", 4)) cwsc_ping(connection);
        if (count == 4 && !memcmp(bytes, "echo", 4)) cwsc_send(connection, bytes, count);
        if (count == 5 && !memcmp(bytes, "flood", 5)) {
            char text[10000] = {0};
            while (cwsc_send(connection, text, sizeof text) == 0) {}
            printf("full\n");
        }
        if (count == 5 && !memcmp(bytes, "close", 5)) {
            cwsc_close(connection);
            printf("closed\n");
            is_over = true;
        }
    }
}

int main(int count, char **words) {
    if (count != 3) return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    cwsc_context *context = cwsc_create(NULL);
    for (int round = 0; round < atoi(words[2]); round++) {
        int *owner = malloc(sizeof *owner);
        *owner = 7;
        is_over = false;
        printf("round %d\n", round);
        connection = cwsc_open(context, "127.0.0.1", atoi(words[1]), "/stream", 0, 1 << 16, on_event, owner);
        while (!is_over && cwsc_service(context, 0) == 0) usleep(1000);
        // What has ended, or was closed, says nothing more.
        free(owner);
        for (int turn = 0; turn < 5; turn++) cwsc_service(context, 0);
    }
    cwsc_destroy(context);
    printf("done\n");
    return 0;
}
