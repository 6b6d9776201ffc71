/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * topics.h: what `weir help` explains beside commands: the sections of an experiment file and of a mock
 * file, the patterns and the checks, each from the table that reads it.
 */
#ifndef CMD_TOPICS_H
#define CMD_TOPICS_H

#include "base/buf.h"

struct opt;

/* A section of an experiment file and the tables that read it; a test holds the reference page to
 * them. NULL behind the last. */
struct topic_section {
    const char *name, *summary;
    const struct opt *rows[2];
};
const struct topic_section *topic_section(size_t at);

/* The names of all topics, for a list and for suggestions. */
void topic_list(struct buf *out);
size_t topic_names(struct arena *arena, str *name, size_t room);
/* Appends the text of a topic; false when there is none of that name. */
bool topic_write(struct buf *out, str name);

/* Those of a mock file: "mock", and "mock-rule" and the like; the last for a key under any of them. */
size_t topic_mock_names(struct arena *arena, str *name, size_t room);
void topic_mock_list(struct buf *out);
void topic_mock_write(struct buf *out, str name);
void topic_mock_key(struct buf *out, str name);

#endif
