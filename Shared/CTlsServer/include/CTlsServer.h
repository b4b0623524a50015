#ifndef CTLSSERVER_H
#define CTLSSERVER_H

// A TLS door before a plain TCP port of the loopback, with a certificate of its own making: valid for ten days, for
// `localhost` and 127.0.0.1. For a simulated venue, whose clients may insist on TLS; nothing to put before a real one.

typedef struct tls_server tls_server;

/// Listens on `host:port` (0 takes a free one) and passes what it decrypts to `target_port`, one thread a connection.
/// The certificate is written to `certificate_path` in PEM form. NULL when it can't: `errno` says why.
tls_server *tls_start(const char *host, int port, int target_port, const char *certificate_path);
int tls_port(const tls_server *server);
/// Takes no more connections. Those that are open end with the port behind them.
void tls_stop(tls_server *server);

#endif
