/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_otlp_span.c: a span, its attributes and its ids in OTLP's JSON (see export_otlp_inside.h).
 */
#include "cmd/export_otlp_inside.h"

#include "base/text.h"

#include <math.h>

enum { STATUS_ERROR = 2 };

/* ---- attributes ---- */

static void open_attribute(struct otlp_attributes *a, const char *key, str suffix)
{
    struct buf *out = &a->e->out;
    buf_add_str(out, a->started ? STR(",{\"key\":") : STR("{\"key\":"));
    a->started = true;
    json_write_text(out, arena_printf(&a->e->arena, "%s%.*s", key, STR_ARG(suffix)));
    buf_add_str(out, STR(",\"value\":{"));
}

void otlp_add_text(struct otlp_attributes *a, const char *key, str text)
{
    if (text.n == 0)
        return;
    open_attribute(a, key, STR(""));
    buf_add_str(&a->e->out, STR("\"stringValue\":"));
    json_write_text(&a->e->out, utf8_clean(&a->e->arena, text));
    buf_add_str(&a->e->out, STR("}}"));
}

void otlp_add_int(struct otlp_attributes *a, const char *key, int64_t number)
{
    open_attribute(a, key, STR(""));
    buf_printf(&a->e->out, "\"intValue\":\"%lld\"}}", (long long)number);
}

/* -1 is unknown, and then there is no attribute. */
void otlp_add_known(struct otlp_attributes *a, const char *key, int64_t number)
{
    if (number >= 0)
        otlp_add_int(a, key, number);
}

void otlp_add_real(struct otlp_attributes *a, const char *key, double number)
{
    if (isnan(number))
        return;
    open_attribute(a, key, STR(""));
    buf_add_str(&a->e->out, STR("\"doubleValue\":"));
    json_write_number(&a->e->out, number);
    buf_add_str(&a->e->out, STR("}}"));
}

void otlp_add_bool(struct otlp_attributes *a, const char *key, bool value)
{
    open_attribute(a, key, STR(""));
    buf_printf(&a->e->out, "\"boolValue\":%s}}", value ? "true" : "false");
}

void otlp_add_text_list(struct otlp_attributes *a, const char *key, str only)
{
    if (only.n == 0)
        return;
    open_attribute(a, key, STR(""));
    buf_add_str(&a->e->out, STR("\"arrayValue\":{\"values\":[{\"stringValue\":"));
    json_write_text(&a->e->out, utf8_clean(&a->e->arena, only));
    buf_add_str(&a->e->out, STR("}]}}}"));
}

int otlp_add_body(struct otlp_attributes *a, const char *key, const struct store_text *text)
{
    str bytes;
    if (!a->e->texts || text->id == 0)
        return 0;
    if (export_text(a->e, text, &bytes) < 0)
        return -1;
    otlp_add_text(a, key, bytes);
    return 0;
}

/* ---- ids ---- */

static const char *hex(struct arena *arena, struct hash128 hash, size_t digits)
{
    char *text = arena_alloc(arena, 33);
    if (hash.high == 0) /* all zeros are no id */
        hash.high = 1;
    hash_hex(hash, text);
    text[digits] = '\0';
    return text;
}

struct hash128 otlp_trace_hash(struct exporter *e, const struct store_cell *cell)
{
    struct hash128 hash = hash_add((struct hash128){0}, store_run_row(e->store)->id);
    return hash_add_int(hash, (uint64_t)cell->cell);
}

const char *otlp_id_of(const struct otlp_ids *ids, str what, int64_t number)
{
    struct hash128 hash = hash_add_int(hash_add(ids->trace, what), (uint64_t)number);
    return hex(&ids->e->arena, hash, 16);
}

/* A call's is the first half of its attempt key: what a provider's or a gateway's log shows. One
 * that was superseded has the key of the one that came after it. */
const char *otlp_id_of_call(const struct otlp_ids *ids, const struct store_call *call)
{
    if (call->attempt_key.n < 16 || call->superseded)
        return otlp_id_of(ids, STR("call"), call->id);
    return arena_str(&ids->e->arena, str_sub(call->attempt_key, 0, 16)).p;
}

/* ---- spans ---- */

struct otlp_attributes otlp_open_span(const struct otlp_ids *ids, const struct otlp_span *span)
{
    struct exporter *e = ids->e;
    buf_printf(&e->out, "%s{\"traceId\":\"%s\",\"spanId\":\"%s\",", e->started ? "," : "",
               hex(&e->arena, ids->trace, 32), span->id);
    e->started = true;
    if (span->parent)
        buf_printf(&e->out, "\"parentSpanId\":\"%s\",", span->parent);
    buf_add_str(&e->out, STR("\"name\":"));
    json_write_text(&e->out, utf8_clean(&e->arena, span->name));
    buf_printf(&e->out,
               ",\"kind\":%d,\"startTimeUnixNano\":\"%lld\",\"endTimeUnixNano\":\"%lld\","
               "\"attributes\":[",
               span->kind, (long long)span->time.from, (long long)span->time.to);
    return (struct otlp_attributes){.e = e};
}

void otlp_close_span(struct exporter *e, const struct otlp_span *span, str message)
{
    if (span->error.n) {
        buf_printf(&e->out, ",\"status\":{\"code\":%d", STATUS_ERROR);
        buf_add_str(&e->out, STR(",\"message\":"));
        json_write_text(&e->out, utf8_clean(&e->arena, message.n ? message : span->error));
        buf_add_char(&e->out, '}');
    }
    buf_add_char(&e->out, '}');
}

void otlp_close_attributes(struct exporter *e)
{
    buf_add_char(&e->out, ']');
}
