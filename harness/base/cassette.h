/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cassette.h: recorded exchanges with model servers, in a file for people and for git.
 *
 * weir-mock and weir write and read the same files (docs/cassettes.md shows one). A cassette is a
 * stream of YAML documents, one for each exchange, because a reviewer must be able to read a
 * prompt and its reply in a diff: YAML has literal blocks, in which a text of many lines is
 * itself; JSON Lines would put a conversation on one line. It is highlighted, opened and queried
 * by what people have, our own base/yaml reads it with file, line and column for every mistake,
 * and a document that ends with "..." is whole, so a recorder can be killed at any moment.
 *
 * What a file says is exact: a reply's bytes come back as they were, with the time of every part
 * in µs after the request. A reply that is JSON in one of the usual layouts is written as YAML and
 * printed again in that layout; anything else is written as text or, where it is no UTF-8, as
 * text with escaped bytes.
 *
 * Secrets never get in: see cassette_secrets.
 */
#ifndef BASE_CASSETTE_H
#define BASE_CASSETTE_H

#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"

struct cassette_header {
    str name, value;
};

/* ---- requests ---- */

/* A request as it came, with secrets and all. */
struct cassette_asked {
    str method, path, query;
    const struct cassette_header *header;
    size_t headers;
    str body;
    int64_t attempt; /* from 1; 0: not told */
};

/* The request as it is kept and compared. */
struct cassette_request {
    str method, path, query;
    const json *json;   /* the body, if it is JSON */
    str body;           /* else */
    str idempotency;    /* the Idempotency-Key header */
    int64_t attempt;    /* 0: not told */
    struct hash128 key; /* of method, path, query and body; see cassette_request_read */
};

/* What must not be kept of one request: values of its headers and parameters whose names say so
 * (authorization, x-api-key, x-goog-api-key, cookie, ?key=). They are cut out wherever they occur
 * in requests and replies, as is what base/log knows as a secret, and what looks like a key of
 * a provider (sk-…, AIza…, "Bearer …"). In place of each stands "[secret]". */
struct cassette_secrets {
    str value[8];
    size_t count;
};
void cassette_secrets_find(struct cassette_secrets *secrets,
                           const struct cassette_asked *asked);
/* `text` itself when nothing is to be cut out. */
str cassette_redact(struct arena *arena, const struct cassette_secrets *secrets, str text);

/* Fills the request as it is kept; everything in the arena or in what `asked` points to.
 * Members of a JSON body with a secret's name lose their text. The key is hash_128 of method,
 * path, query without secret parameters, and the canonical JSON of the body: members sorted, no
 * white space, 1.0 as 1, without the members of the top level that say nothing about the reply
 * (metadata, prompt_cache_key, safety_identifier, user). A body that is no JSON counts by its
 * bytes. Headers do not count. */
void cassette_request_read(struct arena *arena, const struct cassette_secrets *secrets,
                           const struct cassette_asked *asked,
                           struct cassette_request *request);
/* The request as lines of text, for comparing (base/nearest.h): what the key depends on. */
str cassette_request_text(struct arena *arena, const struct cassette_request *request);

/* ---- replies ---- */

enum cassette_end {
    CASSETTE_COMPLETE,
    CASSETTE_CLOSED, /* the server closed in order, too early */
    CASSETTE_RESET,  /* the connection broke */
};

/* Bytes of the body up to `upto` had come `at_ns` after the request. */
struct cassette_part {
    int64_t at_ns;
    size_t upto;
};

struct cassette_reply {
    int status; /* 0: the connection ended before there was one */
    int64_t head_ns;
    const struct cassette_header *header; /* those that are kept */
    size_t headers;
    str body;
    const struct cassette_part *part; /* the last one ends with the body; none without a body */
    size_t parts;
    bool chunked;   /* its length was not announced */
    size_t missing; /* bytes that were announced and never came */
    enum cassette_end end;
    int64_t end_ns;
};

/* Is this reply header kept? Content type and encoding, retry-after, rate limits, request ids
 * and the provider's own (version, processing time); no dates, cookies, names of accounts. */
bool cassette_keeps_header(str name);
/* A reply as it is kept: headers that are not are left out, secrets are cut out, times are
 * rounded to µs. Everything in the arena or in `reply`. */
void cassette_reply_clean(struct arena *arena, const struct cassette_secrets *secrets,
                          const struct cassette_reply *reply, struct cassette_reply *clean);

/* ---- the client's side ---- */

enum cassette_gave_up {
    CASSETTE_GAVE_NOT_UP,
    CASSETTE_TIMEOUT,       /* its patience was at an end */
    CASSETTE_NO_CONNECTION, /* there was nobody to ask */
    CASSETTE_TOO_LARGE,     /* the reply was larger than it takes */
    CASSETTE_BARRED, /* nobody to ask, and none the next time: no trusted certificate … */
};

/* What only a client that records knows of an exchange; all zero where a server recorded it. */
struct cassette_client {
    int64_t backoff_ns; /* that it waited since the attempt before */
    int64_t
        connect_ns; /* from its beginning until the request was there, where the reply's times
                           begin */
    int64_t tls_ns; /* the part of that for agreeing on TLS; 0: there was none */
    str protocol;   /* of the reply, where it is not "http/1.1" */
    bool unsent;    /* nothing of the request went out; connect_ns is then 0 */
    enum cassette_gave_up gave_up;
    str said; /* of a reply that is not whole, for people */
};

/* ---- files ---- */

struct recorded {
    struct cassette_request request;
    struct cassette_reply reply;
    struct cassette_client client;
    unsigned line; /* where it begins */
};

struct cassette {
    struct arena arena;
    str path;  /* for messages */
    bool mock; /* recorded from a mock server: says nothing of real models */
    const struct recorded *exchange;
    size_t count;
    size_t whole;        /* bytes up to the end of the last whole exchange */
    unsigned unfinished; /* line of a last exchange that has no end and was left out; 0: none */
};

/* The document of one exchange. */
void cassette_write(struct buf *out, const struct recorded *recorded);
/* The first document, which says what the file is, and whether a mock server was recorded. */
void cassette_write_head(struct buf *out, bool mock);

/* Reads a file, NULL and ERR_INPUT when it is none or breaks the format: what is wrong is printed
 * with file, line and column. A last exchange without an end is left out (`unfinished`). */
struct cassette *cassette_load(const char *path, struct err *err);
/* The same from bytes; what is wrong goes to *said (may be NULL), which lives in `arena`. */
struct cassette *cassette_parse(struct arena *arena, str path, str bytes, str *said);
void cassette_free(struct cassette *cassette);

/* A cassette being written: every exchange goes in with one write at the end of the file. */
struct cassette_file;
/* Makes the file, or goes on behind the last whole exchange of one that exists (what an earlier
 * recorder left unfinished is cut off). ERR_INPUT when the file is no cassette, or what is in it
 * came from a mock and what is to follow does not, or the other way round. */
struct cassette_file *cassette_file_open(const char *path, bool mock, struct err *err);
int cassette_file_add(struct cassette_file *file, const struct recorded *recorded,
                      struct err *err);
void cassette_file_close(struct cassette_file *file);

/* ---- playing ---- */

/*
 * Which recording answers a request. Of the recordings with its key:
 *  - if the request has an idempotency key that was recorded, those with that key: the one with
 *    the same attempt, else the n-th for the n-th such request, and the last from then on
 *    (asking again for what is idempotent gives the same);
 *  - else the n-th in the file for the n-th request. Beyond the last there is none, unless the
 *    player repeats. A strict player leaves out recordings with another idempotency key: what was
 *    drawn for one call is no new draw for another, and who came first would decide.
 */
enum player_rule { PLAYER_NTH, PLAYER_REPEATS, PLAYER_STRICT };
struct player;
struct player *player_new(const struct cassette *cassette, enum player_rule rule);
void player_free(struct player *player);
void player_reset(struct player *player);
/* NULL: there is none. *count (may be NULL): recordings with the request's key. */
const struct recorded *player_take(struct player *player,
                                   const struct cassette_request *request, size_t *count);
/* The recording of exactly this attempt, by idempotency key and number; it does not count as
 * asked for. NULL: there is none. */
const struct recorded *player_find(const struct player *player,
                                   const struct cassette_request *request);
/* Why there is none, for people: what comes nearest and how it differs. In the arena. */
str player_explain(struct player *player, struct arena *arena,
                   const struct cassette_request *request);

#endif
