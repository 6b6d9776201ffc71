/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template_eval.c: a compiled template and an environment to a value (see template.h).
 *
 * Texts are written into one buffer, segment after segment. A value that was put in is never
 * looked at again, so braces in data stay text. What one evaluation may write, and how often its
 * loops may turn, has one ceiling for all texts of the template together.
 */
#include "base/template_parts.h"

#include "base/ceilings.h"

struct evaluation {
    struct arena *arena;
    struct template_problem *problem;
    size_t rendered; /* bytes of texts that are finished */
    size_t turns;    /* of loops */
};

static bool report(struct evaluation *run, const struct tag *tag, str text)
{
    if (run->problem)
        *run->problem = (struct template_problem){
            arena_str(run->arena, text), origin_place(tag->origin, tag->from, tag->from)};
    return false;
}

static bool report_size(struct evaluation *run, const struct tag *tag)
{
    str text = arena_printf(run->arena, "'%.*s' makes the text larger than %d MB",
                            STR_ARG(tag->text), MAX_RENDERED_BYTES / 1000000);
    return report(run, tag, text);
}

static size_t bytes_left(const struct evaluation *run)
{
    /* a limit of 0 would mean the default of buf.h */
    return run->rendered < MAX_RENDERED_BYTES ? MAX_RENDERED_BYTES - run->rendered : 1;
}

/* ---- filters ---- */

static const json *finish(struct evaluation *run, const struct tag *tag, struct buf *out)
{
    const json *text = NULL;
    if (out->full)
        report_size(run, tag);
    else
        text = json_new_text(run->arena, buf_str(out));
    buf_release(out);
    return text;
}

static const json *filter_json(struct evaluation *run, const struct tag *tag,
                               const struct filter *filter, const json *value)
{
    struct buf out = BUF(bytes_left(run));
    if (filter->indent)
        json_write_indented(&out, value, filter->indent);
    else
        json_write(&out, value, JSON_SPACED);
    return finish(run, tag, &out);
}

static void write_value(struct buf *out, const json *value)
{
    if (json_is(value, JSON_TEXT))
        buf_add_str(out, json_text(value));
    else
        json_write(out, value, JSON_SPACED);
}

static const json *filter_join(struct evaluation *run, const struct tag *tag,
                               const struct filter *filter, const json *value)
{
    bool good = json_is(value, JSON_LIST);
    const char *kind = json_kind_name(json_kind(value));
    struct buf out = BUF(bytes_left(run));
    for (const json *item = good ? json_first(value) : NULL; item; item = json_next(item)) {
        if (json_is(item, JSON_LIST) || json_is(item, JSON_OBJECT)) {
            good = false;
            kind = json_is(item, JSON_LIST) ? "a list with a list in it"
                                            : "a list with an object in it";
            break;
        }
        write_value(&out, item);
        if (json_next(item))
            buf_add_str(&out, filter->separator);
    }
    if (good)
        return finish(run, tag, &out);
    buf_release(&out);
    str text = arena_printf(run->arena, "'%.*s': join needs a list of texts or numbers; got %s",
                            STR_ARG(tag->text), kind);
    report(run, tag, text);
    return NULL;
}

/* A missing value (NULL) passes the filters unchanged until a default takes its place. */
static bool apply_filters(struct evaluation *run, const struct tag *tag, const json **value)
{
    for (size_t i = 0; i < tag->filters; i++) {
        const struct filter *filter = &tag->filter[i];
        if (filter->kind == FILTER_DEFAULT) {
            if (json_kind(*value) == JSON_NULL)
                *value = filter->fallback;
            continue;
        }
        if (!*value)
            continue;
        *value = filter->kind == FILTER_JSON ? filter_json(run, tag, filter, *value)
                                             : filter_join(run, tag, filter, *value);
        if (!*value)
            return false;
    }
    return true;
}

/* ---- tags ---- */

static bool report_missing(struct evaluation *run, const struct tag *tag,
                           const struct path_walk *walk, bool name_known)
{
    str why = name_known ? path_missed_text(walk)
                         : arena_printf(run->arena, "'%.*s' is not known here",
                                        STR_ARG(tag->path.name));
    str text = arena_printf(run->arena, "'%.*s' does not resolve: %.*s", STR_ARG(tag->text),
                            STR_ARG(why));
    return report(run, tag, text);
}

static const json *tag_value(struct evaluation *run, const struct tag *tag,
                             const struct env *env)
{
    struct path_walk walk = {.path = &tag->path, .env = env, .arena = run->arena};
    const json *root = env_get(env, tag->path.name);
    const json *value = root;
    if (root && tag->path.count)
        value = path_follow(&walk, root);
    if (!value && !tag->has_default) {
        report_missing(run, tag, &walk, root != NULL);
        return NULL;
    }
    if (tag->filters && !apply_filters(run, tag, &value))
        return NULL;
    return value;
}

const json *template_tag_value(const struct tag *tag, const struct env *env,
                               struct arena *arena)
{
    struct evaluation run = {.arena = arena};
    return tag_value(&run, tag, env);
}

/* ---- texts ---- */

static bool render(struct evaluation *run, const struct template *template, size_t from,
                   size_t to, const struct env *env, struct buf *out);

static bool render_each(struct evaluation *run, const struct template *template, size_t at,
                        const struct env *env, struct buf *out)
{
    const struct segment *each = &template->segment[at];
    const json *list = tag_value(run, each->tag, env);
    if (!list)
        return false;
    if (!json_is(list, JSON_LIST)) {
        str text = arena_printf(run->arena, "'%.*s' needs a list; got %s",
                                STR_ARG(each->tag->text), json_kind_name(json_kind(list)));
        return report(run, each->tag, text);
    }
    int64_t number = 0;
    for (const json *item = json_first(list); item; item = json_next(item), number++) {
        if (++run->turns > MAX_RENDERED_BYTES) {
            str text = arena_printf(run->arena, "'%.*s' turns more than %d times",
                                    STR_ARG(each->tag->text), MAX_RENDERED_BYTES);
            return report(run, each->tag, text);
        }
        /* on the stack: no value keeps the environment it was rendered in */
        struct env index = {
            .outer = env, .name = STR("index"), .value = json_new_int(run->arena, number)};
        struct env with_item = {.outer = &index, .name = each->text, .value = item};
        if (!render(run, template, at + 1, each->end, &with_item, out))
            return false;
    }
    return true;
}

static bool render_tag(struct evaluation *run, const struct tag *tag, const struct env *env,
                       struct buf *out)
{
    const json *value = tag_value(run, tag, env);
    if (!value)
        return false;
    write_value(out, value);
    return !out->full || report_size(run, tag);
}

static bool render(struct evaluation *run, const struct template *template, size_t from,
                   size_t to, const struct env *env, struct buf *out)
{
    for (size_t i = from; i < to; i++) {
        const struct segment *segment = &template->segment[i];
        bool good = true;
        switch (segment->kind) {
        case SEGMENT_TEXT:
            buf_add_str(out, segment->text);
            break;
        case SEGMENT_TAG:
            good = render_tag(run, segment->tag, env, out);
            break;
        case SEGMENT_EACH:
            good = render_each(run, template, i, env, out);
            i = segment->end;
            if (good && out->full)
                good = report_size(run, segment->tag);
            break;
        case SEGMENT_END:
            break;
        }
        if (!good)
            return false;
    }
    return true;
}

/* The tag that stands for a whole text in messages. */
static const struct tag *any_tag(const struct template *template)
{
    for (size_t i = 0; i < template->count; i++)
        if (template->segment[i].tag)
            return template->segment[i].tag;
    return NULL;
}

static bool render_text(struct evaluation *run, const struct template *template,
                        const struct env *env, struct buf *out)
{
    *out = BUF(bytes_left(run));
    bool good = render(run, template, 0, template->count, env, out);
    if (good && out->full)
        good = report_size(run, any_tag(template));
    if (!good)
        buf_release(out);
    run->rendered += out->n;
    return good;
}

/* ---- values ---- */

static const json *evaluate(struct evaluation *run, const struct template *template,
                            const struct env *env)
{
    switch (template->kind) {
    case TEMPLATE_CONSTANT:
        return template->constant;
    case TEMPLATE_REF:
        return tag_value(run, template->ref, env);
    case TEMPLATE_TEXT: {
        struct buf out;
        if (!render_text(run, template, env, &out))
            return NULL;
        const json *text = json_new_text(run->arena, buf_str(&out));
        buf_release(&out);
        return text;
    }
    case TEMPLATE_LIST:
    case TEMPLATE_OBJECT:
        break;
    }
    bool object = template->kind == TEMPLATE_OBJECT;
    json *made = object ? json_new_object(run->arena) : json_new_list(run->arena);
    for (size_t i = 0; i < template->count; i++) {
        const json *value = evaluate(run, template->item[i], env);
        if (!value)
            return NULL;
        if (object)
            json_set(run->arena, made, template->key[i], value);
        else
            json_add(run->arena, made, value);
    }
    return made;
}

const json *template_eval(const struct template *template, const struct env *env,
                          struct arena *arena, struct template_problem *problem)
{
    struct evaluation run = {.arena = arena, .problem = problem};
    return evaluate(&run, template, env);
}

int template_render(const struct template *template, const struct env *env, struct arena *arena,
                    str *text, struct template_problem *problem)
{
    struct evaluation run = {.arena = arena, .problem = problem};
    if (template->kind == TEMPLATE_TEXT) {
        struct buf out;
        if (!render_text(&run, template, env, &out))
            return -1;
        *text = arena_str(arena, buf_str(&out));
        buf_release(&out);
        return 0;
    }
    const json *value = evaluate(&run, template, env);
    if (!value)
        return -1;
    *text = json_render(arena, value);
    if (text->n <= MAX_RENDERED_BYTES)
        return 0;
    if (problem)
        *problem = (struct template_problem){.text = STR("the text is larger than 16 MB")};
    return -1;
}
