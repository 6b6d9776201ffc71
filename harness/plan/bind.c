/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bind.c: nodes are read from YAML and checked where they stand (see bind.h).
 *
 * A node is a mapping with exactly one pattern key and common keys. What follows for each: read
 * the common keys, let the pattern bind its own, record the step for scores. What patterns ask
 * for (prompts, schemas, models, lists) is in bind_parts.c, what names mean in bind_names.c.
 */
#include "plan/bind.h"

#include "plan/experiment.h"

struct use_frame {
    const struct use_frame *outer;
    str name;
};

/* ---- common keys ---- */

struct common {
    const struct yaml *with, *gate, *budget;
    int64_t timeout;
    bool usable;
    str description;
};

const struct opt node_options[] = {
    OPT_RAW(common, with, .word = "with",
            .help = "further names for this node and all inside it"),
    OPT_RAW(common, gate, .word = "checks",
            .help = "checks on the node's value; the first that fails fails the node"),
    OPT_DURATION(common, timeout, .help = "of the whole node, on the clock of latency"),
    OPT_RAW(common, budget, .word = "budget", .help = "what the whole node may spend"),
    OPT_BOOL(common, usable, .fallback = "false",
             .help = "in a chain: what a budget may return when it ends the chain"),
    OPT_TEXT(common, description, .help = "for readers"),
    OPT_END,
};

const struct opt budget_options[] = {
    OPT_USD(budget, usd, OPT_GIVEN(budget, has_usd),
            .help = "dollars; needs a known price for every model used"),
    OPT_INT(budget, calls, OPT_GIVEN(budget, has_calls), .min = 0, .max = 1e9,
            .help = "model calls; retries of one call are not counted"),
    OPT_INT(budget, tokens, OPT_GIVEN(budget, has_tokens), .min = 0, .max = 1e12,
            .help = "input and output tokens of every attempt that was billed"),
    OPT_DURATION(budget, time, OPT_GIVEN(budget, has_time), .help = "on the clock of latency"),
    OPT_END,
};

static int bind_budget(struct binder *binder, struct node *node, const struct yaml *yaml)
{
    struct budget *budget = arena_new(binder->arena, struct budget);
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    if (opt_parse_mapping(&parse, budget_options, yaml, "budget", NULL, budget) < 0)
        return -1;
    node->budget = budget;
    if (budget_reserves(budget)) {
        binder->reserves = budget;
        binder->reserves_path = "budget";
    }
    return 0;
}

static int bind_with(struct binder *binder, struct node *node, const struct yaml *with)
{
    if (!yaml_is(with, YAML_MAPPING))
        return mistake_add(binder->mistakes, with->place,
                           "with is %s; expected a mapping from name to template",
                           yaml_kind_name(with));
    struct node_with *entry = arena_array(binder->arena, struct node_with, with->count + 1);
    const struct scope *inner = binder->scope;
    int result = 0;
    for (size_t i = 0; i < with->count; i++) {
        const struct yaml_pair *pair = &with->pair[i];
        struct shape shape = {0};
        entry[i] = (struct node_with){pair->key, bind_template(binder, pair->value, &shape)};
        if (!entry[i].value)
            result = -1;
        if (!name_is_valid(pair->key) || scope_is_hidden(pair->key))
            result = mistake_add(binder->mistakes, pair->key_place,
                                 "'%.*s' cannot be a name of 'with'; expected another name",
                                 STR_ARG(pair->key));
        inner = scope_bind(binder->arena, inner, SCOPE_NAME, pair->key, shape);
    }
    binder->scope = inner;
    node->with = entry;
    node->withs = with->count;
    return result;
}

int bind_checks(const struct binder *binder, const struct yaml *yaml, const char *what,
                struct shape yields, const struct check *const **checks, size_t *count)
{
    if (!yaml_is(yaml, YAML_LIST))
        return mistake_add(binder->mistakes, yaml->place, "%s is %s; expected a list of checks",
                           what, yaml_kind_name(yaml));
    struct binder inner = *binder;
    bind_name(&inner, SCOPE_NAME, STR("value"), yields);
    const struct check **check =
        arena_calloc(binder->arena, yaml->count + 1, sizeof(struct check *));
    int result = 0;
    for (size_t i = 0; i < yaml->count; i++) {
        check[i] = check_new(&inner, yaml->item[i], "check", NULL);
        if (!check[i])
            result = -1;
    }
    *checks = check;
    *count = yaml->count;
    return result;
}

/* ---- the pattern key ---- */

static size_t pattern_keys(str *words)
{
    size_t count = 0;
    for (const struct pattern *const *p = pattern_table; *p && count < 64; p++)
        words[count++] = str_from((*p)->name);
    return count;
}

static const struct pattern *pattern_find(str name)
{
    for (const struct pattern *const *p = pattern_table; *p; p++)
        if (str_equal(str_from((*p)->name), name))
            return *p;
    return NULL;
}

static str node_label(const struct binder *binder)
{
    return binder->label.n ? binder->label : STR("node");
}

static int no_pattern(const struct binder *binder, const struct yaml *yaml)
{
    str words[65];
    size_t count = pattern_keys(words);
    size_t with_extends = count;
    if (binder->depth == 0) /* only a variant can do without a pattern of its own */
        words[with_extends++] = STR("extends");
    /* the nearest pattern for the first key that is no common key either */
    for (size_t i = 0; i < yaml->count; i++) {
        str key = yaml->pair[i].key;
        str hint = opt_find(node_options, key)
                       ? STR("")
                       : mistake_hint(binder->arena, key, words, with_extends, false);
        if (hint.n)
            return mistake_add(binder->mistakes, yaml->pair[i].key_place,
                               "unknown key '%.*s' in node '%.*s'%.*s",
                               STR_ARG(yaml->pair[i].key), STR_ARG(node_label(binder)),
                               STR_ARG(hint));
    }
    struct buf list = {0};
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%.*s", i ? ", " : "", STR_ARG(words[i]));
    int result = mistake_add(binder->mistakes, yaml->place,
                             "node '%.*s' has no pattern key; expected one of %.*s",
                             STR_ARG(node_label(binder)), STR_ARG(buf_str(&list)));
    buf_release(&list);
    return result;
}

static int find_pattern(const struct binder *binder, const struct yaml *yaml,
                        const struct pattern **pattern, const struct yaml **value)
{
    const struct yaml_pair *first = NULL;
    for (size_t i = 0; i < yaml->count; i++) {
        const struct yaml_pair *pair = &yaml->pair[i];
        const struct pattern *found = pattern_find(pair->key);
        if (found && first)
            return mistake_add(binder->mistakes, pair->key_place,
                               "node '%.*s' has two pattern keys, '%.*s' and '%.*s'; expected "
                               "exactly one",
                               STR_ARG(node_label(binder)), STR_ARG(first->key),
                               STR_ARG(pair->key));
        if (!found)
            continue;
        first = pair;
        *pattern = found;
        *value = pair->value;
    }
    return first ? 0 : no_pattern(binder, yaml);
}

/* With nothing worse than unknown keys, what was read is still good to look for further
 * mistakes; a value that was refused would only lead to false ones. */
static bool is_readable(const struct opt_parse *like, const struct opt *rows,
                        const struct yaml *value, void *options)
{
    struct mistakes quiet;
    mistakes_init(&quiet, like->arena);
    struct opt_parse parse = {like->arena, &quiet, like->context};
    if (!yaml_is(value, YAML_MAPPING))
        return false;
    for (; rows->type != OPT_TYPE_END; rows++) {
        const struct yaml *given = yaml_get(value, str_from(rows->key));
        if (given ? opt_parse_value(&parse, rows, given, options) < 0 : rows->required)
            return false;
    }
    return true;
}

static int bind_pattern(const struct binder *binder, struct node *node,
                        const struct yaml *value, struct shape *yields)
{
    const struct pattern *pattern = node->pattern;
    size_t size = pattern->options_size ? pattern->options_size : 1;
    void *options = arena_alloc(binder->arena, size);
    int result = 0;
    node->options = options;
    struct opt_parse parse = {binder->arena, binder->mistakes, (void *)(uintptr_t)binder};
    opt_defaults(pattern->options, binder->arena, options);
    if (pattern->options) {
        struct opt_also also = pattern->also ? *pattern->also : (struct opt_also){0};
        str beside = arena_printf(binder->arena, "beside %s, not inside", pattern->name);
        const struct opt_elsewhere elsewhere[] = {{node_options, beside.p}, {NULL, NULL}};
        also.elsewhere = elsewhere;
        result =
            opt_parse_mapping(&parse, pattern->options, value, pattern->name, &also, options);
        if (result < 0 && !is_readable(&parse, pattern->options, value, options))
            return -1;
    }
    struct binder own = *binder;
    return result | pattern->bind(&own, value, options, yields);
}

/* ---- nodes ---- */

static void record_step(const struct binder *binder, const struct node *node,
                        const struct scope *scope, struct shape yields)
{
    if (!binder->variant || node->pattern->transparent)
        return;
    struct bound_step *step = arena_new(binder->arena, struct bound_step);
    str path = path_generic(binder->arena, binder->path);
    *step = (struct bound_step){NULL, path.n ? path : STR("."), node, scope, yields};
    *binder->variant->last_step = step;
    binder->variant->last_step = &step->next;
}

static const struct node *bind_node(struct binder *binder, const struct yaml *yaml,
                                    const struct opt_also *also, struct shape *yields)
{
    if (!yaml_is(yaml, YAML_MAPPING)) {
        mistake_add(binder->mistakes, yaml->place,
                    "node '%.*s' is %s; expected a mapping with one pattern key",
                    STR_ARG(node_label(binder)), yaml_kind_name(yaml));
        return NULL;
    }
    if (binder->depth > 64) {
        mistake_add(binder->mistakes, yaml->place, "nodes are nested deeper than 64");
        return NULL;
    }
    struct node *node = arena_new(binder->arena, struct node);
    node->place = yaml->place;
    const struct yaml *value = NULL;
    if (find_pattern(binder, yaml, &node->pattern, &value) < 0)
        return NULL;

    str pattern_key = str_from(node->pattern->name);
    str *keys = arena_array(binder->arena, str, (also ? also->key_count : 0) + 1);
    keys[0] = pattern_key;
    for (size_t i = 0; also && i < also->key_count; i++)
        keys[i + 1] = also->keys[i];
    str inside = arena_printf(binder->arena, "inside %s", node->pattern->name);
    const struct opt_also *own = node->pattern->also;
    const struct opt_elsewhere elsewhere[] = {
        {node->pattern->options, inside.p},
        {own && own->table_count ? own->tables[0] : NULL, inside.p},
        {NULL, NULL}};
    struct opt_also others = {
        .keys = keys, .key_count = (also ? also->key_count : 0) + 1, .elsewhere = elsewhere};
    str where = arena_printf(binder->arena, "node '%.*s'", STR_ARG(node_label(binder)));
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    struct common common = {0};
    int result = opt_parse_mapping(&parse, node_options, yaml, where.p, &others, &common);
    const struct yaml *timeout = yaml_get(yaml, STR("timeout"));
    if (timeout && timeout->kind == YAML_TEXT && result == 0 && common.timeout == 0)
        result = mistake_add(binder->mistakes, timeout->place,
                             "timeout is 0s; expected a longer time");
    node->timeout_ns = common.timeout;
    node->usable = common.usable;
    node->description = common.description;
    if (common.with)
        result |= bind_with(binder, node, common.with);
    if (common.budget)
        result |= bind_budget(binder, node, common.budget);
    const struct scope *scope = binder->scope;
    struct shape shape = {0};
    /* the node's place in the order of steps is before its children's */
    struct bound_step **place = binder->variant ? binder->variant->last_step : NULL;
    record_step(binder, node, scope, shape);
    result |= bind_pattern(binder, node, value, &shape);
    if (common.gate)
        result |= bind_checks(binder, common.gate, "gate", shape, &node->gate, &node->gates);
    if (common.gate && result == 0)
        bind_gate_lengths(binder, node, &shape);
    if (place && *place && (*place)->node == node)
        (*place)->yields = shape;
    if (yields)
        *yields = shape;
    return result ? NULL : node;
}

const struct node *bind_child(const struct binder *binder, const struct yaml *yaml, str segment,
                              struct shape *yields)
{
    struct binder child = *binder;
    child.path = path_append(binder->arena, binder->path, segment);
    child.label = segment.n ? segment : binder->label;
    child.depth++;
    return bind_node(&child, yaml, NULL, yields);
}

const struct node *bind_root(const struct binder *binder, const struct yaml *yaml,
                             const struct opt_also *also)
{
    struct binder root = *binder;
    return bind_node(&root, yaml, also, NULL);
}

const struct node *bind_shared(const struct binder *binder, const struct yaml *name,
                               struct shape *yields)
{
    struct binder inner = *binder;
    inner.depth++;
    const struct yaml *nodes = binder->experiment->nodes;
    const struct yaml *shared = yaml_is(name, YAML_TEXT) ? yaml_get(nodes, name->text) : NULL;
    if (yaml_is(name, YAML_MAPPING) && name->text.n)
        shared = name; /* a copy of the node of that name, which `set` has made and changed */
    if (!shared && name->kind != YAML_TEXT) {
        mistake_add(binder->mistakes, name->place, "use is %s; expected a name of nodes",
                    yaml_kind_name(name));
        return NULL;
    }
    if (!shared) {
        size_t count = nodes ? nodes->count : 0;
        str *words = arena_array(binder->arena, str, count + 1);
        for (size_t i = 0; i < count; i++)
            words[i] = nodes->pair[i].key;
        str hint = mistake_hint(binder->arena, name->text, words, count, true);
        mistake_add(binder->mistakes, name->place, "no shared node '%.*s' in nodes%.*s",
                    STR_ARG(name->text), STR_ARG(hint));
        return NULL;
    }
    struct use_frame frame = {binder->uses, name->text};
    for (const struct use_frame *f = binder->uses; f; f = f->outer)
        if (str_equal(f->name, name->text)) {
            mistake_add(binder->mistakes, name->place, "shared node '%.*s' uses itself",
                        STR_ARG(name->text));
            return NULL;
        }
    struct use_frame *kept = arena_new(binder->arena, struct use_frame);
    *kept = frame;
    inner.uses = kept;
    inner.label = name->text;
    return bind_node(&inner, shared, NULL, yields);
}
