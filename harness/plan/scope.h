/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scope.h: what names stand for before anything runs.
 *
 * A scope is the static twin of a template's environment (base/template.h): the same names, with
 * what is known of their values instead of the values. It finds a reference that cannot
 * resolve while the experiment is read.
 */
#ifndef PLAN_SCOPE_H
#define PLAN_SCOPE_H

#include "base/jsonschema.h"
#include "base/mistakes.h"
#include "base/template.h"
#include "plan/spread.h"

/* What is known of a value. Zero is "anything". */
enum shape_kind { SHAPE_ANY, SHAPE_TEXT, SHAPE_NUMBER, SHAPE_LIST, SHAPE_OBJECT, SHAPE_SCHEMA };

/* How many items a list will have, where that is known before a run (language 4.10). `worst` may be
 * a bound where it is not. */
struct shape_length {
    bool known;
    double low, expected, worst;
};

/* How many tokens a value takes as text, as far as it is known before a run (plan/size.h). */
enum shape_size_kind {
    SIZE_UNKNOWN, /* of lists and objects: what their parts take */
    SIZE_TOKENS,
    SIZE_TEMPLATE, /* what the template becomes, whose names stand in `scope` */
    SIZE_SAME,     /* as what `same` points to says once all is read */
};

struct shape_size {
    enum shape_size_kind kind;
    struct spread tokens;
    const struct template *template;
    const struct scope *scope;
    const struct shape_size *same;
    double pieces; /* 0: the whole; else one of so many pieces of it */
};

struct shape {
    enum shape_kind kind;
    struct shape_size size;
    struct shape_length length;          /* when it is a list */
    const struct shape_counted *counted; /* lengths of its members; NULL: none is known */
    const struct shape *item;            /* LIST */
    const struct shape_member *member;   /* OBJECT */
    size_t members;
    const struct jsonschema *schema; /* SCHEMA: the value is valid against the part at `at` */
    const json *at;
    str schema_name;
};

struct shape_member {
    str name;
    struct shape shape;
};

struct shape_counted {
    const struct shape_counted *next;
    str member;
    struct shape_length length;
};

/* A length that is the same for every sample. */
struct shape_length shape_length_exact(double count);
/* Of one of these texts; a token is taken for four bytes, and at most as many as bytes. */
struct shape_size shape_size_texts(const str *text, size_t count);
struct shape_size shape_size_tokens(double low, double expected, double worst);
/* One of so many pieces of what takes `whole`. */
struct shape_size shape_size_part(struct shape_size whole, double pieces);
struct shape_size shape_size_either(struct shape_size a, struct shape_size b);
/* How many items stand for a list of which nothing is known (language 4.10). */
double shape_items(const struct shape *list);
struct shape shape_list(struct arena *arena, struct shape item);
struct shape shape_schema(const struct jsonschema *schema, str name);
/* What is left when a value is one of two: the same if they agree, else anything. */
struct shape shape_either(struct shape a, struct shape b);

enum scope_kind {
    SCOPE_INPUT, /* a field of the sample */
    SCOPE_VAR,   /* of `vars` */
    SCOPE_STEP,  /* an earlier step or a branch */
    SCOPE_NAME,  /* anything else a pattern or `with` gives */
};

/* One name in front of an outer scope; immutable, as environments are. */
struct scope {
    const struct scope *outer;
    enum scope_kind kind;
    str name;
    struct shape shape;
    bool *read; /* becomes true when a template refers to it; NULL: nobody asks */
};

const struct scope *scope_bind(struct arena *arena, const struct scope *outer,
                               enum scope_kind kind, str name, struct shape shape);
const struct scope *scope_find(const struct scope *scope, str name);

/* Checks every reference of a template. `user` (its step path and place) is named when the
 * template stands in a prompt file; empty path: not. Returns 0 or -1 after adding mistakes;
 * *shape (may be NULL) is what the template yields. `inputs_used` is called for each reference
 * to a sample field without a default. */
struct scope_check {
    struct arena *arena;
    struct mistakes *mistakes;
    const struct scope *scope;
    const str *later;       /* names of later steps, for the message */
    const str *later_after; /* the step each of them comes after: the one being read */
    size_t later_count;
    bool may_see_expected; /* scores do, workflows do not */
    bool inputs_unknown;   /* the dataset has mistakes: a name may be a field of it */
    str user_path;
    struct place user_place;
    void (*input_used)(void *context, str name, struct place place);
    void *context;
};
int scope_check_template(const struct scope_check *check, const struct template *template,
                         struct shape *shape);

/* What a reference stands for that was checked before; unknown where it does not resolve. */
struct shape scope_follow(const struct scope *scope, const struct template_ref *ref,
                          struct arena *arena);

/* expected, expected_steps, metadata, tags. */
bool scope_is_hidden(str name);
/* Names that steps, branches, inputs and vars may not have (3.1). */
bool scope_is_reserved(str name);

#endif
