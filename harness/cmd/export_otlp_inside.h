/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_otlp_inside.h: spans in OTLP's JSON, for the file that knows what of a cell becomes one.
 *
 *     struct otlp_attributes a = otlp_open_span(&ids, &span);
 *     otlp_add_text(&a, "weir.outcome", outcome);
 *     otlp_close_attributes(e);
 *     otlp_close_span(e, &span, message);
 */
#ifndef CMD_EXPORT_OTLP_INSIDE_H
#define CMD_EXPORT_OTLP_INSIDE_H

#include "base/hash.h"
#include "cmd/export.h"
#include "cmd/timeline.h"

enum { OTLP_INTERNAL = 1, OTLP_CLIENT = 3 };

struct otlp_attributes {
    struct exporter *e;
    bool started;
};

/* Empty texts, NAN and, for _known, -1 are unknown, and then there is no attribute. */
void otlp_add_text(struct otlp_attributes *a, const char *key, str text);
void otlp_add_int(struct otlp_attributes *a, const char *key, int64_t number);
void otlp_add_known(struct otlp_attributes *a, const char *key, int64_t number);
void otlp_add_real(struct otlp_attributes *a, const char *key, double number);
void otlp_add_bool(struct otlp_attributes *a, const char *key, bool value);
/* A list of one. */
void otlp_add_text_list(struct otlp_attributes *a, const char *key, str only);
/* What is stored, where texts are wanted. -1: it cannot be read. */
int otlp_add_body(struct otlp_attributes *a, const char *key, const struct store_text *text);

/* Ids are functions of the run: the same export has the same bytes. */
struct otlp_ids {
    struct exporter *e;
    struct hash128 trace;
};

struct hash128 otlp_trace_hash(struct exporter *e, const struct store_cell *cell);
const char *otlp_id_of(const struct otlp_ids *ids, str what, int64_t number);
const char *otlp_id_of_call(const struct otlp_ids *ids, const struct store_call *call);

struct otlp_span {
    const char *id, *parent; /* parent NULL: the root */
    str name;
    int kind;
    struct interval time;
    str error; /* empty: none */
};

struct otlp_attributes otlp_open_span(const struct otlp_ids *ids, const struct otlp_span *span);
void otlp_close_attributes(struct exporter *e);
void otlp_close_span(struct exporter *e, const struct otlp_span *span, str message);

#endif
