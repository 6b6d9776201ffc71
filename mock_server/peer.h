/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer.h: has the other side of a connection closed it, or only shut down its sending side?
 *
 * TCP does not say: both send the same FIN, and a closed socket goes on answering the kernel's
 * probes for a minute. Only data that it will not take brings a reset.
 */
#ifndef MOCK_PEER_H
#define MOCK_PEER_H

#include <stdbool.h>

/* True when it is certain that nobody will read what is sent: the connection is dead, or the
 * peer is on this machine and its socket belongs to no process any more. */
bool peer_is_gone(int socket);

#endif
