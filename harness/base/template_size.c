/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template_size.c: how long a template becomes (see template.h).
 *
 * The same walk as in template_eval.c, but that nothing is written: loops over lists that are known
 * turn, the body of one that is not known is walked once, and who asks multiplies. The quotes and
 * commas of lists and mappings count; what JSON escapes inside their texts does not.
 */
#include "base/template_parts.h"

struct sizing {
    const struct template_sizer *sizer;
    struct arena *arena;
};

static struct template_ref ref_of(const struct tag *tag)
{
    return (struct template_ref){.name = tag->path.name,
                                 .step = tag->path.step,
                                 .steps = tag->path.count,
                                 .has_default = tag->has_default};
}

/* Names of loops stand in front of the environment that was given; without a value: not known. */
static bool name_is_known(const struct sizing *sizing, const struct env *env, str name)
{
    for (; env != sizing->sizer->env; env = env->outer)
        if (str_equal(env->name, name))
            return env->value != NULL;
    return sizing->sizer->is_known(sizing->sizer->context, name);
}

static bool is_known(const struct sizing *sizing, const struct env *env, const struct tag *tag)
{
    bool known = name_is_known(sizing, env, tag->path.name);
    for (size_t i = 0; i < tag->path.count && known; i++)
        if (tag->path.step[i].kind == STEP_NAME)
            known = name_is_known(sizing, env, tag->path.step[i].name);
    return known;
}

static void add(const struct sizing *sizing, size_t bytes)
{
    if (bytes)
        sizing->sizer->known(sizing->sizer->context, bytes);
}

/* As JSON texts have quotes. */
static void add_value(const struct sizing *sizing, const json *value, bool as_json)
{
    if (!value)
        return;
    if (json_is(value, JSON_TEXT)) {
        add(sizing, json_text(value).n + (as_json ? 2 : 0));
        return;
    }
    struct buf out = {0};
    json_write(&out, value, JSON_SPACED);
    add(sizing, out.n);
    buf_release(&out);
}

static void size_tag(const struct sizing *sizing, const struct tag *tag, const struct env *env,
                     bool as_json)
{
    if (is_known(sizing, env, tag)) {
        add_value(sizing, template_tag_value(tag, env, sizing->arena), as_json);
        return;
    }
    struct template_ref ref = ref_of(tag);
    sizing->sizer->unknown(sizing->sizer->context, &ref);
}

static void size_segments(const struct sizing *sizing, const struct template *template,
                          size_t from, size_t to, const struct env *env);

static void size_each(const struct sizing *sizing, const struct template *template, size_t at,
                      const struct env *env)
{
    const struct segment *each = &template->segment[at];
    const struct template_sizer *sizer = sizing->sizer;
    struct env index = {.outer = env, .name = STR("index")};
    struct env item = {.outer = &index, .name = each->text};
    if (!is_known(sizing, env, each->tag)) {
        struct template_ref list = ref_of(each->tag);
        sizer->each_begin(sizer->context, &list, each->text);
        size_segments(sizing, template, at + 1, each->end, &item);
        sizer->each_end(sizer->context);
        return;
    }
    const json *list = template_tag_value(each->tag, env, sizing->arena);
    int64_t number = 0;
    for (item.value = json_is(list, JSON_LIST) ? json_first(list) : NULL; item.value;
         item.value = json_next(item.value)) {
        index.value = json_new_int(sizing->arena, number++);
        size_segments(sizing, template, at + 1, each->end, &item);
    }
}

static void size_segments(const struct sizing *sizing, const struct template *template,
                          size_t from, size_t to, const struct env *env)
{
    for (size_t i = from; i < to; i++) {
        const struct segment *segment = &template->segment[i];
        if (segment->kind == SEGMENT_TEXT) {
            add(sizing, segment->text.n);
        } else if (segment->kind == SEGMENT_TAG) {
            size_tag(sizing, segment->tag, env, false);
        } else if (segment->kind == SEGMENT_EACH) {
            size_each(sizing, template, i, env);
            i = segment->end;
        }
    }
}

static void size_template(const struct sizing *sizing, const struct template *template,
                          bool as_json)
{
    const struct env *env = sizing->sizer->env;
    switch (template->kind) {
    case TEMPLATE_CONSTANT:
        add_value(sizing, template->constant, as_json);
        return;
    case TEMPLATE_REF:
        size_tag(sizing, template->ref, env, as_json);
        return;
    case TEMPLATE_TEXT:
        add(sizing, as_json ? 2 : 0);
        size_segments(sizing, template, 0, template->count, env);
        return;
    case TEMPLATE_LIST:
    case TEMPLATE_OBJECT:
        break;
    }
    const size_t around = 2, comma = 2, colon = 2, quotes = 2;
    add(sizing, around + (template->count ? (template->count - 1) * comma : 0));
    for (size_t i = 0; i < template->count; i++) {
        if (template->kind == TEMPLATE_OBJECT)
            add(sizing, template->key[i].n + quotes + colon);
        size_template(sizing, template->item[i], true);
    }
}

void template_size(const struct template *template, const struct template_sizer *sizer,
                   struct arena *scratch)
{
    const struct sizing sizing = {sizer, scratch};
    size_template(&sizing, template, false);
}
