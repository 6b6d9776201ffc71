/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gateway.h: nginx in front of weir-mock, with certificates made for the test by a CA of its own.
 *
 * All files, keys included, are in the test's folder and go with it. Every door leads to the same
 * weir-mock.
 */
#ifndef NETWORK_GATEWAY_H
#define NETWORK_GATEWAY_H

#include "e2e_run.h"

enum door {
    DOOR_TLS,         /* HTTP/1.1 and 2; weir.test, 127.0.0.1 and ::1; also on ::1 */
    DOOR_FEW_STREAMS, /* the same, with at most 8 streams at once on a connection */
    DOOR_EXPIRED,     /* its certificate has expired */
    DOOR_OTHER_HOST,  /* it is for other.test */
    DOOR_SELF_SIGNED, /* it is signed by nobody */
    DOOR_PLAIN,       /* http, without TLS; also on ::1 */
    DOORS
};

struct gateway {
    struct place *place;
    struct mock_server mock;
    struct child nginx;
    int port[DOORS];
    const char *ca; /* the CA's certificate, for SSL_CERT_FILE */
};

/* False when nginx or openssl is not installed. */
bool gateway_is_possible(void);
/* `config` is weir-mock's. `set_environment`: SSL_CERT_FILE is the test's CA from now on. */
struct gateway gateway_start(struct place *place, const char *config, bool set_environment);
void gateway_stop(struct gateway *gateway);

/* "https://127.0.0.1:8443/v1" */
const char *gateway_url(const struct gateway *gateway, enum door door, const char *host);
/* One line a request: "HTTP/2.0 CONNECTION STATUS URI". */
str gateway_log(const struct gateway *gateway);
str gateway_errors(const struct gateway *gateway);
/* Requests of the model list (the warm-up) apart. */
size_t gateway_calls(const struct gateway *gateway, const char *protocol);
/* Connections that carried calls. */
size_t gateway_connections(const struct gateway *gateway);

#endif
