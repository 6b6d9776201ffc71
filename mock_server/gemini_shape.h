/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_shape.h: the shapes of Gemini's requests, as tables.
 *
 * The provider reads JSON as its protocol buffers say: an unknown member is an error, names come
 * in camelCase or snake_case, one value will do where a list is meant, null is as if it were not
 * there, numbers may be texts, words of an enumeration may be written in any case. All of that is
 * checked here, against tables (gemini_messages.c), before anything is read, so that readers
 * meet nothing of a wrong type.
 */
#ifndef MOCK_GEMINI_SHAPE_H
#define MOCK_GEMINI_SHAPE_H

#include "mock_server/request.h"

enum gemini_kind {
    GEMINI_STRING,
    GEMINI_BYTES, /* base64 */
    GEMINI_BOOL,
    GEMINI_INT32,
    GEMINI_INT64,
    GEMINI_FLOAT,
    GEMINI_ENUM,
    GEMINI_MESSAGE,
    GEMINI_MAP,    /* of messages, by any name */
    GEMINI_STRUCT, /* any object */
    GEMINI_VALUE,  /* anything */
};

/* The words of an enumeration, without the one for "unspecified". */
struct gemini_words {
    const char *type; /* as errors call it: "FunctionCallingConfig.Mode" */
    str unspecified;
    const str *word;
    size_t count;
};

struct gemini_message;

struct gemini_field {
    str name; /* camelCase */
    enum gemini_kind kind;
    bool repeated;
    const struct gemini_message *message; /* MESSAGE, MAP */
    const struct gemini_words *words;     /* ENUM */
};

struct gemini_message {
    const char *type; /* as errors call it: "Content" */
    const struct gemini_field *field;
    size_t fields;
};

/* All that is wrong with a body's shape, in the provider's words; 400. */
int gemini_check(const json *body, const struct gemini_message *message,
                 struct request *request, struct trouble *trouble);

/* A member by its camelCase name, however it is spelled; NULL also where it is null. */
const json *gemini_get(const json *object, const char *name);
/* What stands for a repeated field: its items, or the one value. */
const json *gemini_first(const json *repeated);
const json *gemini_next(const json *repeated, const json *item);
size_t gemini_count(const json *repeated);
/* A checked number, be it written as one or as a text. */
double gemini_number(const json *value);
int64_t gemini_int(const json *value);
/* The index of a checked word; -1 where there is none, or "unspecified". */
int gemini_word(const json *value, const struct gemini_words *words);

extern const struct gemini_message gemini_generate_content;
extern const struct gemini_message gemini_count_tokens;
extern const struct gemini_message gemini_embed_content;
extern const struct gemini_message gemini_batch_embed;

/* Words that readers look at; the order is that of the tables. */
enum gemini_mode { GEMINI_AUTO, GEMINI_ANY, GEMINI_NONE, GEMINI_VALIDATED };
extern const struct gemini_words gemini_modes;
extern const struct gemini_words gemini_levels; /* MINIMAL, LOW, MEDIUM, HIGH */
enum gemini_type {
    GEMINI_TYPE_STRING,
    GEMINI_TYPE_NUMBER,
    GEMINI_TYPE_INTEGER,
    GEMINI_TYPE_BOOLEAN,
    GEMINI_TYPE_ARRAY,
    GEMINI_TYPE_OBJECT,
    GEMINI_TYPE_NULL,
};
extern const struct gemini_words gemini_types;

#endif
