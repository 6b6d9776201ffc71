/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template.h: templates: any JSON value whose texts may hold {{…}} (docs/experiment-file.md).
 *
 *     "{{x}}"                    the JSON value of x, with its type
 *     "Dear {{x.name}},"         text
 *     {{x.list[0]}} {{x[-1]}} {{x["two words"]}} {{x[k]}} {{x[*].y}}
 *     {{#each docs as d}}…{{/each}}   in texts
 *     {{x | json(2)}} {{x | join(", ")}} {{x | default(null)}}
 *     {{"{{"}}                   a literal {{
 *
 * A template is compiled once and evaluated against an environment. Rendered text is never
 * scanned again, so braces that come from data or a model stay text.
 */
#ifndef BASE_TEMPLATE_H
#define BASE_TEMPLATE_H

#include "base/json.h"
#include "base/mistakes.h"
#include "base/yaml.h"

/* ---- environments: names that a template sees ---- */

/* One binding, or all members of an object, in front of an outer environment. Immutable: adding
 * a name makes a new head, so siblings share their tail. */
struct env {
    const struct env *outer;
    str name;          /* of value */
    const json *value; /* NULL when this entry binds the members of `object` */
    const json *object;
};

const struct env *env_bind(struct arena *arena, const struct env *outer, str name,
                           const json *value);
const struct env *env_bind_object(struct arena *arena, const struct env *outer,
                                  const json *object);
const json *env_get(const struct env *env, str name); /* innermost; NULL when there is none */
/* All names as one object, inner ones hiding outer ones. */
const json *env_to_json(struct arena *arena, const struct env *env);

/* ---- compiled templates ---- */

struct template;

/* Compiles a YAML value: texts inside are templates, all else is constant. NULL after adding
 * mistakes (not closed, unknown filter, …) with the place in the file. */
const struct template *template_new(struct arena *arena, const struct yaml *node,
                                    struct mistakes *mistakes);
/* Compiles the text of a prompt file: text_offset is where it begins in the source. Always
 * yields text, also when it is one tag. */
const struct template *template_new_text(struct arena *arena, const struct source *source,
                                         size_t text_offset, str text,
                                         struct mistakes *mistakes);
/* Writes a text as the template that yields it: each "{{" in it as {{"{{"}}. */
void template_write_literal(struct buf *out, str text);
/* A template that always yields this value. */
const struct template *template_constant(struct arena *arena, const json *value);
/* True for a text that is one {{…}} and yields the JSON value ("ref" in the language). */
bool template_is_ref(const struct template *template);
/* The value when the template has no tags at all, else NULL. */
const json *template_literal(const struct template *template);

struct template_problem {
    str text;           /* "'{{x.y}}' does not resolve: x has no member 'y'" */
    struct place place; /* of the tag, where known */
};

/* Evaluates; the value lives in `arena` and shares parts of the environment's values. NULL and a
 * problem (which may be NULL; its text lives in `arena`) when a path does not resolve, a filter
 * or loop meets the wrong kind of value, or the texts pass MAX_RENDERED_BYTES. A missing value
 * passes json and join unchanged until a default takes its place. */
const json *template_eval(const struct template *template, const struct env *env,
                          struct arena *arena, struct template_problem *problem);
/* The same, rendered as text (json_render). */
int template_render(const struct template *template, const struct env *env, struct arena *arena,
                    str *text, struct template_problem *problem);

/* ---- looking at references, for checks before a run ---- */

enum template_step_kind { STEP_MEMBER, STEP_INDEX, STEP_NAME, STEP_ALL };

struct template_step {
    enum template_step_kind kind;
    str name;        /* MEMBER: key; NAME: the name whose value is the key or index */
    int64_t index;   /* INDEX */
    unsigned column; /* code points from the tag's "{{" to this step */
};

struct template_ref {
    str name; /* the first name */
    const struct template_step *step;
    size_t steps;
    bool has_default;       /* a missing value is no error in the run */
    struct place place;     /* of the name, inside the tag */
    struct place tag_place; /* of the "{{" */
};

/* `ref` is called for each reference in order, the lists of loops among them. each_begin follows
 * the ref of a loop's list, each_end comes after its body: in between, `as` and "index" are names
 * too. Functions may be NULL. */
struct template_visitor {
    void (*ref)(void *context, const struct template_ref *ref);
    void (*each_begin)(void *context, const struct template_ref *list, str as);
    void (*each_end)(void *context);
    void *context;
};
void template_visit(const struct template *template, const struct template_visitor *visitor);

/* ---- how long it becomes, before all names are known ---- */

/* What is known counts in bytes, as it renders; of the rest the names are told. */
struct template_sizer {
    const struct env *env;
    bool (*is_known)(void *context, str name); /* does env have its value? */
    void (*known)(void *context, size_t bytes);
    void (*unknown)(void *context, const struct template_ref *ref); /* without its places */
    /* Around what stands once for each item of a list that is not known. */
    void (*each_begin)(void *context, const struct template_ref *list, str as);
    void (*each_end)(void *context);
    void *context;
};
/* Values and texts that are needed on the way live in `scratch`. A reference whose name is known and
 * that does not resolve counts nothing: no text comes of it. */
void template_size(const struct template *template, const struct template_sizer *sizer,
                   struct arena *scratch);

/* ---- paths on their own: "expected.faqs", "faqs[0].sources" (mock files, scores) ---- */

struct template_path;
/* NULL and *what when it is no path. */
const struct template_path *path_new(struct arena *arena, str text, str *what);
/* The value there, or NULL. [*] gives a list of all matches; items without the member are passed
 * over (in a template they are an error). */
const json *path_get(const struct template_path *path, const json *root, struct arena *arena);
/* A copy of root with the value at the path replaced; NULL when the path does not resolve. No
 * [*]. */
const json *path_set(const struct template_path *path, const json *root, const json *value,
                     struct arena *arena);

#endif
