/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cassette_write.c: exchanges as YAML documents (see cassette.h).
 */
#include "base/cassette_inside.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/yaml_write.h"

void cassette_write_head(struct buf *out, bool mock)
{
    buf_printf(out,
               "# Recorded exchanges with model servers (weir, docs/cassettes.md). Times count "
               "from the request.\n"
               "cassette: %d\n%s...\n",
               CASSETTE_VERSION, mock ? "mock: true # says nothing of real models\n" : "");
}

static void write_text(struct buf *out, const char *key, str text, unsigned indent)
{
    yaml_write_key(out, str_from(key), indent);
    yaml_write_text(out, text, indent + 2);
}

static void write_ns(struct buf *out, int64_t ns)
{
    int64_t us = ns / NS_PER_US;
    buf_printf(out, "%lld.%03lldms", (long long)(us / 1000), (long long)(us % 1000));
}

static void write_time(struct buf *out, const char *key, int64_t ns, unsigned indent)
{
    yaml_write_key(out, str_from(key), indent);
    buf_add_char(out, ' ');
    write_ns(out, ns);
    buf_add_char(out, '\n');
}

/* `text`, or `bytes` with escapes where YAML cannot hold it. */
static void write_bytes(struct buf *out, struct arena *scratch, str bytes, unsigned indent)
{
    bool fits = utf8_invalid_at(bytes) < 0 && !memchr(bytes.p, 0, bytes.n);
    if (fits)
        write_text(out, "text", bytes, indent);
    else
        write_text(out, "bytes", bytes_escape(scratch, bytes), indent);
}

/* ---- requests ---- */

static void write_request(struct buf *out, struct arena *scratch,
                          const struct cassette_request *request)
{
    char key[33];
    hash_hex(request->key, key);
    buf_add_str(out, STR("request:\n"));
    buf_printf(out, "  key: \"%s\"\n", key);
    write_text(out, "method", request->method, 2);
    write_text(out, "path", request->path, 2);
    if (request->query.n)
        write_text(out, "query", request->query, 2);
    if (request->idempotency.n)
        write_text(out, "idempotency", request->idempotency, 2);
    if (request->attempt)
        buf_printf(out, "  attempt: %lld\n", (long long)request->attempt);
    if (request->json) {
        yaml_write_key(out, STR("json"), 2);
        yaml_write(out, request->json, 4, YAML_SORTED);
    } else if (request->body.n) {
        write_bytes(out, scratch, request->body, 2);
    }
}

/* ---- replies ---- */

/* The value and the layout in which it prints as exactly these bytes; NULL: there is none. */
static const json *find_layout(struct arena *scratch, str body, enum cassette_layout *layout)
{
    const json *value = json_parse(scratch, body, NULL);
    if (!value || !yaml_is_writable(value) ||
        !(json_is(value, JSON_OBJECT) || json_is(value, JSON_LIST)))
        return NULL;
    struct buf printed = {0};
    bool same = false;
    for (*layout = 0; *layout < LAYOUT_COUNT; ++*layout) {
        buf_clear(&printed);
        cassette_print(&printed, value, *layout);
        same = str_equal(buf_str(&printed), body);
        if (same)
            break;
    }
    buf_release(&printed);
    return same ? value : NULL;
}

static void write_parts(struct buf *out, struct arena *scratch,
                        const struct cassette_reply *reply)
{
    size_t from = 0;
    buf_add_str(out, STR("  parts:\n"));
    for (size_t i = 0; i < reply->parts; i++) {
        buf_add_str(out, STR("    - at: "));
        write_ns(out, reply->part[i].at_ns);
        buf_add_char(out, '\n');
        write_bytes(out, scratch, str_sub(reply->body, from, reply->part[i].upto), 6);
        from = reply->part[i].upto;
    }
}

/* A body that is shown whole: when its earlier parts had come stands beside it. */
static void write_whole(struct buf *out, struct arena *scratch,
                        const struct cassette_reply *reply)
{
    enum cassette_layout layout;
    const json *value = find_layout(scratch, reply->body, &layout);
    if (value) {
        if (layout != LAYOUT_COMPACT)
            write_text(out, "layout", str_from(cassette_layout_names[layout]), 2);
        yaml_write_key(out, STR("json"), 2);
        yaml_write(out, value, 4, YAML_AS_IT_IS);
    } else {
        write_bytes(out, scratch, reply->body, 2);
    }
    if (reply->parts > 1) {
        buf_add_str(out, STR("  arrived: # bytes that had come by then\n"));
        for (size_t i = 0; i + 1 < reply->parts; i++) {
            buf_add_str(out, STR("    - ["));
            write_ns(out, reply->part[i].at_ns);
            buf_printf(out, ", %zu]\n", reply->part[i].upto);
        }
    }
    write_time(out, "at", reply->part[reply->parts - 1].at_ns, 2);
}

static void write_reply(struct buf *out, struct arena *scratch,
                        const struct cassette_reply *reply)
{
    buf_add_str(out, STR("reply:\n"));
    if (reply->status) {
        buf_printf(out, "  status: %d\n", reply->status);
        write_time(out, "head", reply->head_ns, 2);
    }
    if (reply->headers)
        buf_add_str(out, STR("  headers:\n"));
    for (size_t i = 0; i < reply->headers; i++) {
        yaml_write_key(out, reply->header[i].name, 4);
        yaml_write_text(out, reply->header[i].value, 6);
    }
    if (reply->chunked)
        buf_add_str(out, STR("  chunked: true\n"));
    if (reply->parts && cassette_is_stream(reply))
        write_parts(out, scratch, reply);
    else if (reply->parts)
        write_whole(out, scratch, reply);
    if (reply->missing)
        buf_printf(out, "  missing: %zu\n", reply->missing);
    if (reply->end != CASSETTE_COMPLETE)
        buf_printf(out, "  ended: %s\n", cassette_end_names[reply->end]);
    write_time(out, "end", reply->end_ns, 2);
}

/* ---- the client's side ---- */

static void write_client(struct buf *out, const struct cassette_client *client)
{
    bool waited = client->backoff_ns > 0 || client->connect_ns > 0;
    if (!waited && !client->protocol.n && !client->unsent && !client->gave_up &&
        client->said.n == 0)
        return;
    buf_add_str(out, STR("client:\n"));
    if (client->backoff_ns > 0)
        write_time(out, "backoff", client->backoff_ns, 2);
    if (client->connect_ns > 0)
        write_time(out, "connect", client->connect_ns, 2);
    if (client->tls_ns > 0)
        write_time(out, "tls", client->tls_ns, 2);
    if (client->protocol.n)
        write_text(out, "protocol", client->protocol, 2);
    if (client->unsent)
        buf_add_str(out, STR("  unsent: true\n"));
    if (client->gave_up)
        buf_printf(out, "  gave_up: %s\n", cassette_gave_up_names[client->gave_up]);
    if (client->said.n)
        write_text(out, "said", client->said, 2);
}

void cassette_write(struct buf *out, const struct recorded *recorded)
{
    struct arena scratch = {0};
    buf_add_str(out, STR("---\n"));
    write_request(out, &scratch, &recorded->request);
    write_reply(out, &scratch, &recorded->reply);
    write_client(out, &recorded->client);
    buf_add_str(out, STR("...\n"));
    arena_release(&scratch);
}
