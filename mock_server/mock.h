/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mock.h: the mock model: HTTP requests in, deliveries out. It knows no sockets and no clock but
 * the times it is given, so tests call it without a server.
 *
 *     struct mock *mock = mock_new(config, &settings);
 *     const struct server_handler handler = mock_handler(mock);
 */
#ifndef MOCK_MOCK_H
#define MOCK_MOCK_H

#include "mock_server/config.h"
#include "mock_server/server.h"

struct mock_settings {
    uint64_t seed; /* in place of the file's */
    bool seed_given;
    double scale;
    bool scale_given;
};

struct mock;

/* Takes the configuration and frees it. `started`: when the server's time begins. */
struct mock *mock_new(struct config *config, const struct mock_settings *settings,
                      struct moment started);
void mock_free(struct mock *mock);
struct server_handler mock_handler(struct mock *mock);
/* Send times for /mock/truth; NULL: none are shown. */
void mock_set_stats(struct mock *mock, const struct server_stats *stats);

#endif
