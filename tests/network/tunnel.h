/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tunnel.h: an HTTP proxy inside the test that knows CONNECT and nothing else.
 *
 * Whatever host is asked for, it leads to one port of this machine: so names that nobody else
 * knows can be reached through it, and through it alone. It keeps every byte that it saw.
 */
#ifndef NETWORK_TUNNEL_H
#define NETWORK_TUNNEL_H

#include "e2e.h"

struct tunnel;

/* `status` other than 200: every CONNECT is answered with it, and that is all. */
struct tunnel *tunnel_start(struct place *place, int port, int status);
void tunnel_stop(struct tunnel *tunnel);
int tunnel_port(const struct tunnel *tunnel);
/* CONNECT requests so far, heads one after the other. */
str tunnel_heads(struct tunnel *tunnel);
/* All that came from the client. */
str tunnel_bytes(struct tunnel *tunnel);

#endif
