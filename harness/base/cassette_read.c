/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cassette_read.c: the documents of a cassette back into exchanges, strictly (see cassette.h).
 * Where a document begins and ends in the file is cassette_load.c's.
 */
#include "base/cassette_inside.h"

#include "base/clock.h"

/* A recording is no longer than this; its times stay far from overflow whatever they are scaled
 * with. */
#define TIME_MAX_NS (30 * 24 * 3600 * NS_PER_S)

/* ---- what the documents say ---- */

struct head_keys {
    int64_t cassette;
    bool mock;
};

struct exchange_keys {
    const struct yaml *request, *reply, *client;
};

struct client_keys {
    int64_t backoff, connect, tls;
    bool unsent;
    int gave_up;
    str protocol, said;
};

struct body_keys {
    const struct yaml *json, *text, *bytes;
};

struct request_keys {
    str key, method, path, query, idempotency;
    int64_t attempt;
    struct body_keys body;
};

struct reply_keys {
    int64_t status, missing, head, at, end;
    const struct yaml *headers, *parts, *arrived;
    bool chunked;
    int layout, ended;
    struct body_keys body;
};

struct part_keys {
    int64_t at;
    struct body_keys body;
};

/* clang-format off */
static const struct opt head_rows[] = {
    OPT_INT(head_keys, cassette, .required = true, .min = CASSETTE_VERSION, .max = CASSETTE_VERSION, .help = "version of the format"),
    OPT_BOOL(head_keys, mock, .help = "a mock server was recorded: it says nothing of real models"),
    OPT_END,
};

static const struct opt exchange_rows[] = {
    OPT_RAW(exchange_keys, request, .required = true, .word = "request", .help = "what was asked"),
    OPT_RAW(exchange_keys, reply, .required = true, .word = "reply", .help = "what came back"),
    OPT_RAW(exchange_keys, client, .word = "client", .help = "what a client that recorded knew beside it"),
    OPT_END,
};

static const struct opt client_rows[] = {
    OPT_DURATION(client_keys, backoff, .help = "waited since the attempt before"),
    OPT_DURATION(client_keys, connect, .help = "until it was connected and the request was there"),
    OPT_DURATION(client_keys, tls, .help = "the part of connect that was for TLS"),
    OPT_TEXT(client_keys, protocol, .help = "of the reply, where it is not http/1.1"),
    OPT_BOOL(client_keys, unsent, .help = "nothing of the request went out"),
    OPT_CHOICE(client_keys, gave_up, .fallback = "no", .choices = cassette_gave_up_names, .help = "why the client ended it"),
    OPT_TEXT(client_keys, said, .help = "what its HTTP library said of a reply that is not whole"),
    OPT_END,
};

/* One of the three, in requests, replies and parts. */
#define BODY_ROW(owner, name, what) {.key = #name, .type = OPT_TYPE_RAW, .offset = offsetof(struct owner, body.name), .help = what}
#define BODY_ROWS(owner)                                                                       \
    BODY_ROW(owner, json, "the body, which is JSON"), BODY_ROW(owner, text, "the body as text"),\
    BODY_ROW(owner, bytes, "the body as text with \\xNN for bytes, and \\\\")

static const struct opt request_rows[] = {
    OPT_TEXT(request_keys, key, .help = "names the content; computed when it is left out"),
    OPT_TEXT(request_keys, method, .required = true, .help = "such as POST"),
    OPT_TEXT(request_keys, path, .required = true, .help = "such as /v1/chat/completions"),
    OPT_TEXT(request_keys, query, .help = "behind the ?, without secrets"),
    OPT_TEXT(request_keys, idempotency, .help = "the Idempotency-Key header"),
    OPT_INT(request_keys, attempt, .min = 1, .max = 1e9, .help = "which attempt, from 1"),
    BODY_ROWS(request_keys),
    OPT_END,
};

static const struct opt reply_rows[] = {
    OPT_INT(reply_keys, status, .min = 200, .max = 599, .help = "none: the connection ended before"),
    OPT_DURATION(reply_keys, head, .help = "when the status and the headers had come"),
    OPT_RAW(reply_keys, headers, .word = "mapping", .help = "name to text"),
    OPT_BOOL(reply_keys, chunked, .help = "the length was not announced"),
    OPT_RAW(reply_keys, parts, .word = "list of parts", .help = "a body that came in parts: {at, text or bytes}"),
    OPT_CHOICE(reply_keys, layout, .fallback = "compact", .choices = cassette_layout_names, .help = "how the JSON was printed"),
    OPT_RAW(reply_keys, arrived, .word = "list of pairs", .help = "earlier parts of a body shown whole: [time, bytes so far]"),
    OPT_DURATION(reply_keys, at, .help = "when the (rest of the) body had come"),
    OPT_INT(reply_keys, missing, .max = 9007199254740992.0, .help = "bytes that were announced and never came"),
    OPT_CHOICE(reply_keys, ended, .fallback = "complete", .choices = cassette_end_names, .help = "how the reply ended"),
    OPT_DURATION(reply_keys, end, .help = "when it ended"),
    BODY_ROWS(reply_keys),
    OPT_END,
};

static const struct opt part_rows[] = {
    OPT_DURATION(part_keys, at, .required = true, .help = "when the part had come"),
    BODY_ROWS(part_keys),
    OPT_END,
};
/* clang-format on */

static int read_keys(struct reading *reading, const struct yaml *node, const char *where,
                     const struct opt *rows, void *keys)
{
    if (!yaml_is(node, YAML_MAPPING))
        return wrong(reading, node, "%s is %s; expected a mapping", where,
                     yaml_kind_name(node));
    opt_defaults(rows, &reading->scratch, keys);
    return opt_parse_mapping(&reading->parse, rows, node, where, NULL, keys);
}

/* ---- bodies ---- */

static int read_text(struct reading *reading, const struct yaml *node, bool escaped, str *text)
{
    if (!yaml_is(node, YAML_TEXT))
        return wrong(reading, node, "is %s; expected a text", yaml_kind_name(node));
    if (!escaped)
        *text = arena_str(reading->arena, node->text);
    else if (!bytes_unescape(reading->arena, node->text, text))
        return wrong(reading, node, "a backslash stands before neither xNN nor another one");
    return 0;
}

/* One of `text` and `bytes`, or none. */
static int read_bytes(struct reading *reading, const struct body_keys *body, str *bytes)
{
    if (body->text && body->bytes)
        return wrong(reading, body->bytes, "a body has one of json, text and bytes");
    if (body->text)
        return read_text(reading, body->text, false, bytes);
    return body->bytes ? read_text(reading, body->bytes, true, bytes) : 0;
}

/* ---- requests ---- */

static int check_key(struct reading *reading, const struct yaml *node,
                     const struct request_keys *keys, const struct cassette_request *request)
{
    char key[33];
    hash_hex(request->key, key);
    if (keys->key.n == 0 || str_equal(keys->key, str_from(key)))
        return 0;
    return wrong(reading, yaml_get(node, STR("key")),
                 "the key of this request is %s; it was changed after it was recorded "
                 "(without `key` it is computed)",
                 key);
}

static int read_request(struct reading *reading, const struct yaml *node,
                        struct cassette_request *request)
{
    struct request_keys keys = {0};
    if (read_keys(reading, node, "request", request_rows, &keys) < 0)
        return -1;
    *request = (struct cassette_request){
        .method = arena_str(reading->arena, keys.method),
        .path = arena_str(reading->arena, keys.path),
        .query = arena_str(reading->arena, keys.query),
        .idempotency = arena_str(reading->arena, keys.idempotency),
        .attempt = keys.attempt,
    };
    if (keys.body.json && (keys.body.text || keys.body.bytes))
        return wrong(reading, keys.body.json, "a body has one of json, text and bytes");
    if (keys.body.json)
        request->json =
            json_deep_copy(reading->arena, yaml_to_json(&reading->scratch, keys.body.json));
    else if (read_bytes(reading, &keys.body, &request->body) < 0)
        return -1;
    request->key = cassette_key(&reading->scratch, request);
    return check_key(reading, node, &keys, request);
}

/* ---- replies ---- */

static bool is_header_name(str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!char_is_alnum(name.p[i]) && !memchr("!#$%&'*+-.^_`|~", name.p[i], 15))
            return false;
    return name.n > 0;
}

static bool is_header_value(str value)
{
    for (size_t i = 0; i < value.n; i++)
        if (((unsigned char)value.p[i] < 0x20 && value.p[i] != '\t') || value.p[i] == 0x7f)
            return false;
    return true;
}

static int read_headers(struct reading *reading, const struct yaml *node,
                        struct cassette_reply *reply)
{
    if (!node)
        return 0;
    if (!yaml_is(node, YAML_MAPPING))
        return wrong(reading, node, "headers is %s; expected a mapping", yaml_kind_name(node));
    struct cassette_header *header =
        arena_array(reading->arena, struct cassette_header, node->count ? node->count : 1);
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_pair *pair = &node->pair[i];
        if (!is_header_name(pair->key))
            return mistake_add(&reading->mistakes, pair->key_place, "is no name of a header");
        if (!yaml_is(pair->value, YAML_TEXT) || !is_header_value(pair->value->text))
            return wrong(reading, pair->value, "expected a text of one line");
        header[i] = (struct cassette_header){arena_str(reading->arena, pair->key),
                                             arena_str(reading->arena, pair->value->text)};
    }
    reply->header = header;
    reply->headers = node->count;
    return 0;
}

static int check_time(struct reading *reading, const struct yaml *node, int64_t ns,
                      int64_t least_ns)
{
    if (ns < least_ns)
        return wrong(reading, node, "is earlier than what came before");
    return ns > TIME_MAX_NS ? wrong(reading, node, "is later than 30 days") : 0;
}

static int read_parts(struct reading *reading, const struct yaml *node,
                      struct cassette_reply *reply)
{
    if (!yaml_is(node, YAML_LIST) || node->count == 0)
        return wrong(reading, node, "is %s; expected a list of parts", yaml_kind_name(node));
    struct cassette_part *part = arena_array(reading->arena, struct cassette_part, node->count);
    struct buf body = {0};
    int64_t least_ns = reply->head_ns;
    int result = 0;
    for (size_t i = 0; i < node->count && result == 0; i++) {
        struct part_keys keys = {0};
        str bytes = STR("");
        const struct yaml *item = node->item[i];
        result = read_keys(reading, item, "part", part_rows, &keys);
        if (result == 0 && keys.body.json)
            result = wrong(reading, keys.body.json, "a part has one of text and bytes");
        if (result == 0)
            result = read_bytes(reading, &keys.body, &bytes);
        if (result == 0 && bytes.n == 0)
            result = wrong(reading, item, "a part has one of text and bytes, and not empty");
        if (result == 0)
            result = check_time(reading, item, keys.at, least_ns);
        least_ns = keys.at;
        buf_add_str(&body, bytes);
        part[i] = (struct cassette_part){keys.at, body.n};
    }
    reply->body = arena_str(reading->arena, buf_str(&body));
    reply->part = part;
    reply->parts = node->count;
    buf_release(&body);
    return result;
}

static void print_json(struct reading *reading, const struct yaml *node, int layout, str *body)
{
    struct buf text = {0};
    cassette_print(&text, yaml_to_json(&reading->scratch, node), (enum cassette_layout)layout);
    *body = arena_str(reading->arena, buf_str(&text));
    buf_release(&text);
}

/* [TIME, BYTES] */
static int read_arrived(struct reading *reading, const struct yaml *pair,
                        struct cassette_part *part)
{
    if (!yaml_is(pair, YAML_LIST) || pair->count != 2 ||
        !parse_duration(pair->item[0]->text, &part->at_ns) ||
        !yaml_is(pair->item[1], YAML_NUMBER) || pair->item[1]->number < 1 ||
        pair->item[1]->number > 9e15)
        return wrong(reading, pair, "expected a time and a number of bytes: [3ms, 1460]");
    part->upto = (size_t)pair->item[1]->number;
    return 0;
}

static int read_whole(struct reading *reading, const struct reply_keys *keys,
                      struct cassette_reply *reply)
{
    const struct yaml *arrived = keys->arrived;
    if (keys->body.json)
        print_json(reading, keys->body.json, keys->layout, &reply->body);
    else if (read_bytes(reading, &keys->body, &reply->body) < 0)
        return -1;
    if (reply->body.n == 0)
        return arrived ? wrong(reading, arrived, "nothing arrived: the body is empty") : 0;
    if (arrived && !yaml_is(arrived, YAML_LIST))
        return wrong(reading, arrived, "expected a list of [time, bytes]");
    size_t count = arrived ? arrived->count : 0, upto = 0;
    struct cassette_part *part = arena_array(reading->arena, struct cassette_part, count + 1);
    int64_t least_ns = reply->head_ns;
    for (size_t i = 0; i < count; i++) {
        if (read_arrived(reading, arrived->item[i], &part[i]) < 0 ||
            check_time(reading, arrived->item[i], part[i].at_ns, least_ns) < 0)
            return -1;
        if (part[i].upto <= upto || part[i].upto >= reply->body.n)
            return wrong(reading, arrived->item[i],
                         "the body has %zu bytes, of which more must come each time",
                         reply->body.n);
        upto = part[i].upto;
        least_ns = part[i].at_ns;
    }
    part[count] =
        (struct cassette_part){keys->at > least_ns ? keys->at : least_ns, reply->body.n};
    reply->part = part;
    reply->parts = count + 1;
    return 0;
}

static int read_reply(struct reading *reading, const struct yaml *node,
                      struct cassette_reply *reply)
{
    struct reply_keys keys = {0};
    if (read_keys(reading, node, "reply", reply_rows, &keys) < 0)
        return -1;
    bool whole = keys.body.json || keys.body.text || keys.body.bytes;
    if (whole + (keys.parts != NULL) > 1 ||
        (keys.body.json && (keys.body.text || keys.body.bytes)))
        return wrong(reading, node, "a reply has one of json, text, bytes and parts");
    if (keys.status == 0 && keys.ended == CASSETTE_COMPLETE)
        return wrong(reading, node, "a reply has a status, or it ended: closed or reset");
    if (keys.status == 0 && (whole || keys.parts))
        return wrong(reading, node, "a reply without a status has no body");
    if (keys.head > TIME_MAX_NS || keys.at > TIME_MAX_NS || keys.end > TIME_MAX_NS)
        return wrong(reading, node, "a time is later than 30 days");
    *reply = (struct cassette_reply){.status = (int)keys.status,
                                     .head_ns = keys.head,
                                     .chunked = keys.chunked,
                                     .missing = (size_t)keys.missing,
                                     .end = (enum cassette_end)keys.ended,
                                     .end_ns = keys.end};
    if (read_headers(reading, keys.headers, reply) < 0)
        return -1;
    if (keys.parts ? read_parts(reading, keys.parts, reply) : read_whole(reading, &keys, reply))
        return -1;
    int64_t last_ns = reply->parts ? reply->part[reply->parts - 1].at_ns : reply->head_ns;
    if (reply->end_ns < last_ns)
        reply->end_ns = last_ns;
    return 0;
}

/* ---- the client's side ---- */

static int read_client(struct reading *reading, const struct yaml *node,
                       const struct cassette_reply *reply, struct cassette_client *client)
{
    struct client_keys keys = {0};
    if (!node)
        return 0;
    if (read_keys(reading, node, "client", client_rows, &keys) < 0)
        return -1;
    if (keys.backoff > TIME_MAX_NS || keys.connect > TIME_MAX_NS)
        return wrong(reading, node, "a time is later than 30 days");
    if (keys.tls > keys.connect)
        return wrong(reading, node, "TLS takes no longer than to connect");
    if (keys.unsent && (reply->status || keys.connect))
        return wrong(reading, node, "what was not sent has no reply and no time to connect");
    if (keys.gave_up && reply->end == CASSETTE_COMPLETE)
        return wrong(reading, node, "who gave up has no complete reply");
    *client = (struct cassette_client){.backoff_ns = keys.backoff,
                                       .connect_ns = keys.connect,
                                       .tls_ns = keys.tls,
                                       .protocol = arena_str(reading->arena, keys.protocol),
                                       .unsent = keys.unsent,
                                       .gave_up = (enum cassette_gave_up)keys.gave_up,
                                       .said = arena_str(reading->arena, keys.said)};
    return 0;
}

/* ---- exchanges ---- */

void cassette_read_exchange(struct reading *reading, const struct yaml *root,
                            struct recorded *recorded)
{
    struct exchange_keys keys = {0};
    if (read_keys(reading, root, "an exchange", exchange_rows, &keys) < 0)
        return;
    read_request(reading, keys.request, &recorded->request);
    if (read_reply(reading, keys.reply, &recorded->reply) == 0)
        read_client(reading, keys.client, &recorded->reply, &recorded->client);
}

int cassette_read_head(struct reading *reading, const struct yaml *root, bool *mock)
{
    struct head_keys keys = {0};
    int result = read_keys(reading, root, "a cassette's first document", head_rows, &keys);
    *mock = keys.mock;
    return result;
}
