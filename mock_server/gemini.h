/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini.h: what the files of the Gemini dialect share. Bodies have been checked by
 * gemini_shape.h before any of them reads.
 */
#ifndef MOCK_GEMINI_H
#define MOCK_GEMINI_H

#include "mock_server/gemini_shape.h"

struct gemini_reading {
    struct request *request;
    struct trouble *trouble;
    const char *message; /* the outermost message's name, for errors */
};

/* "* GenerateContentRequest.WHERE: what\n", 400; `where` in snake_case. Returns -1. */
int gemini_refuse(const struct gemini_reading *in, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same without a place. */
int gemini_say(const struct gemini_reading *in, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- gemini_read.c ---- */

/* A GenerateContentRequest into in->request. */
int gemini_read_generate(const struct gemini_reading *in, const json *body);

/* ---- gemini_contents.c ---- */

/* System instruction and contents into turns. */
int gemini_read_contents(const struct gemini_reading *in, const json *system,
                         const json *contents);
/* All texts of a content, joined; for embeddings. */
str gemini_content_text(struct arena *arena, const json *content);

/* ---- gemini_schema.c ---- */

/* JSON Schema for the provider's own kind, in the arena. NULL and trouble where the provider
 * would not take it; `where` is its place. */
const json *gemini_read_schema(const struct gemini_reading *in, const json *schema,
                               const char *where);

/* ---- gemini_logprobs.c ---- */

/* A logprobsResult of the text's tokens from `first` up to `end`. */
void gemini_write_logprobs(struct buf *out, const struct request *request, struct rng_key key,
                           str text, int64_t first, int64_t end);
/* The mean over all tokens. */
double gemini_mean_logprob(struct rng_key key, str text);

/* ---- gemini_write.c: a candidate; also for streams ---- */

struct candidate_part {
    size_t index;
    const struct choice *choice;
    str thought;        /* empty: none here */
    int64_t first, end; /* tokens of the text that are here */
    size_t use, uses;   /* first call that is here, and how many */
    bool is_last;       /* the reason why it ended goes with it */
    bool is_whole;      /* not streamed */
};
void gemini_write_candidate(struct buf *out, const struct request *request,
                            const struct reply *reply, const struct candidate_part *part);
/* Everything behind the candidates, with the tokens that are out: thoughts and others apart. */
void gemini_write_rest(struct buf *out, const struct request *request,
                       const struct reply *reply, int64_t thoughts, int64_t others);
/* A refusal whose words are one of the provider's reasons to block a prompt, such as
 * PROHIBITED_CONTENT, has no candidates. */
bool gemini_is_blocked(const struct reply *reply);
/* What then stands in place of the candidates. */
void gemini_write_blocked(struct buf *out, const struct reply *reply);
void gemini_write_reply(struct buf *out, const struct request *request,
                        const struct reply *reply);

/* ---- gemini_stream.c ---- */

struct stream;
void gemini_write_stream(struct stream *stream, const struct request *request,
                         const struct reply *reply);
void gemini_write_stream_error(struct stream *stream, const struct request *request,
                               const struct trouble *trouble);

/* ---- dialect_gemini.c ---- */

struct http_request;
/* Is what is asked for a stream as one JSON list? Its errors then are a list too. */
bool gemini_streams_list(const struct http_request *http);

/* ---- gemini_models.c ---- */

struct model_list;
/* The parameters of the list of models. */
int gemini_check_paging(const struct http_request *http, struct arena *arena,
                        struct trouble *trouble);
void gemini_write_models(struct buf *out, const struct model_list *list);

/* ---- gemini_error.c ---- */

/* The envelope, without the list that streams wrap it in. `limit` of a 429; 0: not said. */
void gemini_write_error(struct buf *out, int64_t limit, const struct trouble *trouble);

#endif
