/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state.h: what all workers of a mock share: the configuration in force and what was counted.
 *
 * A configuration is read again as a whole or not at all. Each worker holds the version that it
 * works with until it sees, at its next request, that there is a newer one; the last to let go of
 * a version frees it. Everything else here has locks of its own.
 */
#ifndef MOCK_STATE_H
#define MOCK_STATE_H

#include "mock_server/config.h"
#include "mock_server/identity.h"
#include "mock_server/journal.h"
#include "mock_server/server.h"
#include "mock_server/truth.h"

struct mock_settings {
    uint64_t seed; /* in place of the file's */
    bool seed_given;
    double scale;
    bool scale_given;
    struct config_place place; /* of the mock file, for reading it again; no path: none */
};

/* A configuration as it was taken. */
struct version {
    struct config *config;
    uint64_t seed;
    double scale;
    struct slots **queue; /* one for each of config->model; NULL: unlimited */
    uint64_t generation;  /* from 1 */
    int64_t taken_ns;     /* wall time */
    unsigned holders;
};

struct state;

/* Takes the configuration and frees it. `started`: when the server's time begins. */
struct state *state_new(struct config *config, const struct mock_settings *settings,
                        struct moment started);
/* After all workers let go of their versions. */
void state_free(struct state *state);

/* Reads the mock file again, on a thread of its own. Mistakes go to stderr, and the old
 * configuration stays in force. A call while one is being read makes it read once more. */
void state_reload(struct state *state);

/* Replaces *held (NULL: none) by the version in force. Cheap when it is that already. */
void version_refresh(struct state *state, struct version **held);
void version_release(struct state *state, struct version *held);

/* What /healthz and /metrics say. */
struct state_facts {
    const char *path; /* NULL: no file */
    uint64_t generation, failures;
    int64_t taken_ns;  /* wall time */
    char trouble[600]; /* why the last reading failed; empty: it did not */
};
struct state_facts state_facts(struct state *state);

struct counters *state_counters(struct state *state);
struct limit_counts *state_limits(struct state *state);
struct truth *state_truth(struct state *state);
struct journal *state_journal(struct state *state);
struct prompt_memory *state_prompts(const struct state *state);

/* The server's time at a moment, from its start or the last reset. */
int64_t state_up_ns(const struct state *state, struct moment now);
/* The clock of virtual limits. */
int64_t state_virtual_ns(const struct state *state);
void state_advance(struct state *state, int64_t ns);
/* Forgets what was counted, and begins time anew; with a scope only what was counted for it. */
void state_reset(struct state *state, const str *scope, struct moment now);

/* Send times and connections for /mock/truth and /metrics. */
void state_set_server(struct state *state, const struct server *server);
const struct server *state_server(const struct state *state); /* NULL: none */

#endif
