/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_read.h: checks of a body's fields in OpenAI's words, for the readers of its dialects.
 *
 * A reader lists the fields that it looks at, finds them in one walk, and asks for them by their
 * number. A field that is null counts as one that is not there. Checks return 0, or -1 with the
 * trouble filled in: the first thing that is wrong is the answer.
 */
#ifndef MOCK_OPENAI_READ_H
#define MOCK_OPENAI_READ_H

#include "mock_server/request.h"

enum { OPENAI_NAME_MAX = 64 }; /* of schemas, and of functions in Chat Completions */

struct openai_body {
    struct request *request;
    struct trouble *trouble;
    const str *name;    /* of the fields, by number */
    const json **field; /* the same; NULL: not there */
    int fields;
};

#define REFUSE(in, param, code, ...)                                                           \
    trouble_set((in)->request->arena, (in)->trouble, 400, (param), (code), __VA_ARGS__)

/* Is it an object with a model's name? Finds the fields, and reads the model, which is field
 * number `model`; a deployment's name in the path takes its place, as at Azure. */
int openai_read_begin(const struct openai_body *in, const json *body, int model);

/* A field that is there and not null, or NULL. */
const json *openai_field(const struct openai_body *in, int field);
/* The same for a member of an object inside. */
const json *openai_member(const json *object, const char *name);

/* What is missing or of a wrong type: always -1. `expected`: "a string". */
int openai_missing(const struct openai_body *in, const char *param);
int openai_wrong_type(const struct openai_body *in, const char *param, const char *expected,
                      const json *value);

/* Fields that may lack: then nothing is changed. */
int openai_read_integer(const struct openai_body *in, int field, int64_t least, int64_t most,
                        int64_t *number);
int openai_check_decimal(const struct openai_body *in, int field, double least, double most);
int openai_read_bool(const struct openai_body *in, int field, bool *flag);
int openai_check_text(const struct openai_body *in, int field);
/* One of the words, which end with NULL; NULL as value is fine. */
int openai_check_word(const struct openai_body *in, const char *param, const json *value,
                      const char *const *words);
/* stream and stream_options, which OpenAI's endpoints share. */
int openai_read_stream(const struct openai_body *in, int stream, int options);
/* A required name of a tool or schema: letters, digits, '_' and '-', `most` at most. */
int openai_check_name(const struct openai_body *in, const char *param, const json *name,
                      size_t most);

/* A hash of fields that shape a reply and have no place of their own in a request. */
uint64_t openai_hash_fields(const struct openai_body *in, const int *fields, size_t count);

#endif
