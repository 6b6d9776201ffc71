/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_scores.c: the assertions of all rows as scores (see importing.h).
 *
 * promptfoo hangs assertions on tests; a score of weir's is asked of every sample, and what it expects
 * of each is a column. So assertions of one kind (type, threshold, weight, judge, …) become one
 * score: what is the same for all rows stands in it, else the rows have it, and where a row has
 * nothing the score does not apply. Of several of a kind in one test the first make one score, the
 * second another. Checks that take no templates (patterns, schemas) come over only where every test
 * has them.
 */
#include "cmd/importing_checks.h"

#include "base/jsonschema.h"
#include "base/text.h"

enum { SCORES_MAX = 400 };

/* ---- one assertion ---- */

static void refuse(struct importing *importing, struct place place, str type, const char *why)
{
    str shown = text_shorten(importing->arena, text_visible(importing->arena, type), 40);
    import_left_out(importing, place, "assertion '%.*s': %s", STR_ARG(shown), why);
}

static bool take_transforms(struct importing *importing, struct import_item assertion,
                            struct import_item options, json *list)
{
    struct import_item from[] = {import_get(importing, options, "transform"),
                                 import_get(importing, options, "postprocess"),
                                 import_get(importing, assertion, "transform")};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++)
        if (from[i].value && !import_transform(importing, import_text(from[i]), list))
            return false;
    return true;
}

/* A schema without what names its draft; NULL when weir does not know it. */
static const json *schema_of(struct importing *importing, const json *value)
{
    json *schema = json_new_object(importing->arena);
    struct jsonschema_problem problem;
    if (!json_is(value, JSON_OBJECT))
        return NULL;
    for (const json *m = json_first(value); m; m = json_next(m))
        if (!str_equal(json_key(m), STR("$schema")) && !str_equal(json_key(m), STR("$id")))
            json_set(importing->arena, schema, json_key(m), m);
    return jsonschema_new(importing->arena, schema, &problem) ? schema : NULL;
}

/* What one assertion becomes. */
struct made {
    str type;
    const struct import_check *check;
    bool negated;
    str name; /* of the check */
    enum import_operand operand_kind;
    const json *operand;
    json *transforms, *value;
};

static bool take_value(struct importing *importing, struct import_item assertion,
                       struct made *made)
{
    struct import_item value = import_resolved(
        importing, import_get(importing, assertion, "value"), "assertion: a value");
    str path;
    made->operand_kind = made->check->operand;
    made->name = str_from(made->check->name);
    if (import_get(importing, assertion, "value").value && !value.value)
        return false;
    if (made->operand_kind == IMPORT_LATENCY || made->operand_kind == IMPORT_COST)
        value = import_get(importing, assertion, "threshold");
    made->operand = value.value ? value.value : json_null();
    if (made->operand_kind == IMPORT_JSON && value.value) {
        made->operand = schema_of(importing, value.value);
        made->operand_kind = IMPORT_SCHEMA;
        if (str_equal(made->name, STR("contains-json")))
            json_add(importing->arena, made->transforms,
                     json_new_text(importing->arena, STR("json")));
        made->name = STR("json-schema");
        if (!made->operand)
            refuse(importing, assertion.place, made->type,
                   "weir does not know all of its schema");
        return made->operand != NULL;
    }
    if (made->operand_kind == IMPORT_LOWER)
        json_add(importing->arena, made->transforms,
                 json_new_text(importing->arena, STR("lower")));
    if (made->operand_kind == IMPORT_ANY && !json_count(made->transforms) &&
        (json_is(made->operand, JSON_OBJECT) || json_is(made->operand, JSON_LIST)))
        json_add(importing->arena, made->transforms,
                 json_new_text(importing->arena, STR("json")));
    if (made->operand_kind == IMPORT_ANY && !value.value) {
        refuse(importing, assertion.place, made->type, "it has no value");
        return false;
    }
    return !import_names_file(json_text(made->operand), &path);
}

static bool take_numbers(struct importing *importing, struct import_item assertion,
                         struct made *made, double weight)
{
    struct arena *arena = importing->arena;
    const json *threshold = json_get(assertion.value, STR("threshold"));
    const json *own = json_get(assertion.value, STR("weight"));
    double usual = str_equal(made->name, STR("llm-rubric")) ? 0.5
                   : str_equal(made->name, STR("similar"))  ? 0.75
                                                            : 1;
    if (own)
        weight *= json_number(own);
    if ((own && !json_is(own, JSON_NUMBER)) || weight < 0) {
        refuse(importing, assertion.place, made->type, "its weight is no number of at least 0");
        return false;
    }
    if (made->operand_kind == IMPORT_LATENCY)
        weight = 0;
    if (weight < 1 || weight > 1)
        json_set(arena, made->value, STR("weight"), json_new_number(arena, weight));
    if (made->check->threshold < 0)
        return true;
    double passes = threshold ? json_number(threshold) : made->check->threshold;
    if ((threshold && !json_is(threshold, JSON_NUMBER)) || passes < 0 || passes > 1) {
        refuse(importing, assertion.place, made->type,
               "its threshold is no number from 0 to 1");
        return false;
    }
    if (passes < usual || passes > usual)
        json_set(arena, made->value, STR("threshold"), json_new_number(arena, passes));
    return true;
}

static bool take_model(struct importing *importing, struct import_item assertion,
                       struct import_item options, struct made *made)
{
    bool vectors = made->operand_kind == IMPORT_VECTORS;
    struct import_item provider = import_get(importing, assertion, "provider");
    if (!vectors && made->operand_kind != IMPORT_JUDGED)
        return true;
    if (!provider.value)
        provider = import_get(importing, options, "provider");
    if (!provider.yaml)
        provider.place = assertion.place;
    str model = import_judge(importing, provider, vectors, assertion.place);
    if (!model.n)
        return false;
    json_set_text(importing->arena, made->value, "model", model);
    return true;
}

static bool make(struct importing *importing, struct import_item assertion,
                 struct import_item options, double weight, struct made *made)
{
    static const char *const known[] = {"type",   "value",    "threshold", "weight",
                                        "metric", "provider", "transform", NULL};
    struct arena *arena = importing->arena;
    made->type = import_text(import_get(importing, assertion, "type"));
    made->negated = str_starts_with(made->type, STR("not-"));
    str bare = made->negated ? str_sub(made->type, 4, made->type.n) : made->type;
    made->check = import_check_of(bare);
    made->transforms = json_new_list(arena);
    made->value = json_new_object(arena);
    if (!made->check) {
        const char *hint = import_check_hint(bare);
        refuse(importing, assertion.place, made->type,
               arena_printf(arena, "no counterpart%s", hint ? hint : "").p);
        return false;
    }
    if (str_equal(bare, STR("select-best")) && import_variants(importing) < 2) {
        refuse(importing, assertion.place, made->type,
               "it compares variants, and there is one");
        return false;
    }
    if (!take_transforms(importing, assertion, options, made->transforms)) {
        refuse(importing, assertion.place, made->type,
               "the output goes through a program first; transforms of weir's are in "
               "docs/checks.md");
        return false;
    }
    if (!take_value(importing, assertion, made) ||
        !take_numbers(importing, assertion, made, weight) ||
        !take_model(importing, assertion, options, made))
        return false;
    import_note_others(importing, assertion, known, "assertion");
    if (made->check->changed)
        import_changed(importing, assertion.place, "assertion '%.*s': %s", STR_ARG(made->type),
                       made->check->changed);
    return true;
}

/* ---- uses of a score ---- */

static struct import_score *find_score(struct importing *importing, str key)
{
    for (struct import_score *score = importing->scores; score; score = score->next)
        if (str_equal(score->key, key))
            return score;
    return NULL;
}

static bool used_by(const struct import_score *score, size_t row)
{
    return score->uses && score->use[score->uses - 1].row == row;
}

static void add_use(struct importing *importing, struct import_score *score,
                    struct import_use use)
{
    if (score->uses == score->room) {
        score->room = score->room ? 2 * score->room : 8;
        score->use =
            arena_grow(importing->arena, score->use, score->uses, score->room, sizeof use);
    }
    score->use[score->uses++] = use;
}

static struct import_score *new_score(struct importing *importing, const struct made *made,
                                      str key, str metric)
{
    struct import_score *score = arena_new(importing->arena, struct import_score);
    const char *no = made->negated ? "not-" : "";
    score->key = key;
    score->check = arena_printf(importing->arena, "%s%.*s", no, STR_ARG(made->name));
    score->wanted = metric.n && !str_contains(metric, STR("{{")) ? metric : made->type;
    score->operand = (int)made->operand_kind;
    score->value = made->value;
    if (json_count(made->transforms))
        json_set(importing->arena, score->value, STR("transform"), made->transforms);
    if (!importing->last_score)
        importing->last_score = &importing->scores;
    *importing->last_score = score;
    importing->last_score = &score->next;
    return score;
}

static void add_made(struct importing *importing, const struct made *made,
                     struct import_item assertion, size_t row, bool shared)
{
    struct arena *arena = importing->arena;
    str metric = json_text(json_get(assertion.value, STR("metric")));
    str settings = json_to_str(arena, made->value, JSON_COMPACT);
    str transforms = json_to_str(arena, made->transforms, JSON_COMPACT);
    str operand = import_check_is_constant(made->operand_kind)
                      ? json_to_str(arena, made->operand, JSON_COMPACT)
                      : STR("");
    struct import_use use = {row, made->operand, assertion.place};
    str type = arena_printf(arena, "%s%.*s", made->negated ? "not-" : "", STR_ARG(made->name));
    for (unsigned ordinal = 1; ordinal <= SCORES_MAX; ordinal++) {
        str key = arena_printf(arena, "%d %u %.*s %.*s %.*s %.*s %.*s", shared, ordinal,
                               STR_ARG(type), STR_ARG(metric), STR_ARG(settings),
                               STR_ARG(transforms), STR_ARG(operand));
        struct import_score *score = find_score(importing, key);
        if (score && used_by(score, row))
            continue;
        add_use(importing, score ? score : new_score(importing, made, key, metric), use);
        return;
    }
    refuse(importing, assertion.place, made->type, "too many of its kind in one test");
}

static void add_set(struct importing *importing, struct import_item set,
                    struct import_item options, size_t row, bool shared, double weight)
{
    static const char *const known[] = {"type", "assert", "weight", "metric", NULL};
    struct import_item list = import_get(importing, set, "assert");
    const json *own = json_get(set.value, STR("weight"));
    if (json_get(set.value, STR("threshold"))) {
        refuse(importing, set.place, STR("assert-set"),
               "a threshold over several: scores of weir's all have to pass");
        return;
    }
    import_note_others(importing, set, known, "assert-set");
    if (own)
        weight *= json_is(own, JSON_NUMBER) ? json_number(own) : 1;
    for (size_t i = 0; i < json_count(list.value); i++)
        import_assertion(importing, import_at(importing, list, i), options, row, shared,
                         weight);
}

void import_assertion(struct importing *importing, struct import_item assertion,
                      struct import_item options, size_t row, bool shared, double weight)
{
    struct made made = {0};
    str path;
    if (!import_enter(importing, assertion.place))
        return;
    if (import_is(assertion, JSON_TEXT) && !import_names_file(import_text(assertion), &path))
        assertion.value = import_assertion_of_text(importing, import_text(assertion));
    assertion = import_resolved(importing, assertion, "assertion");
    str type = json_text(json_get(assertion.value, STR("type")));
    if (import_is(assertion, JSON_OBJECT) && str_equal(type, STR("assert-set")))
        add_set(importing, assertion, options, row, shared, weight);
    else if (import_is(assertion, JSON_OBJECT) &&
             make(importing, assertion, options, weight, &made))
        add_made(importing, &made, assertion, row, shared);
    import_leave(importing);
}

/* ---- scores ---- */

static bool is_same_for_all(const struct importing *importing, const struct import_score *score)
{
    for (size_t i = 1; i < score->uses; i++)
        if (!json_equal(score->use[0].operand, score->use[i].operand))
            return false;
    return score->uses == importing->rows;
}

static bool has_tags(struct arena *arena, const json *value)
{
    str text = json_to_str(arena, value, JSON_COMPACT);
    return str_contains(text, STR("{{")) || str_contains(text, STR("{%"));
}

static void refuse_uses(struct importing *importing, const struct import_score *score, str why)
{
    for (size_t i = 0; i < score->uses; i++)
        import_left_out(importing, score->use[i].place, "assertion '%.*s': %.*s",
                        STR_ARG(score->check), STR_ARG(why));
}

/* One operand for all; NULL when the rows must have it, or with *why. */
static const json *common_operand(struct importing *importing, const struct import_score *score,
                                  str *why)
{
    const json *operand = score->use[0].operand;
    bool tags = has_tags(importing->arena, operand);
    bool split = score->operand == IMPORT_LOWER ||
                 (score->operand == IMPORT_TEXTS && json_is(operand, JSON_TEXT));
    if (tags && split)
        return NULL;
    operand = import_operand_of(importing, (enum import_operand)score->operand, operand, why);
    if (!operand || !tags || import_check_is_constant((enum import_operand)score->operand))
        return operand;
    str ignored;
    return import_template_value(importing, operand, importing->used, &ignored);
}

/* The operands as a column of `expected`. False when no row has one. */
static bool fill_column(struct importing *importing, const struct import_score *score, str name)
{
    bool any = false;
    for (size_t i = 0; i < score->uses; i++) {
        const struct import_use *use = &score->use[i];
        struct import_row *row = &importing->row[use->row];
        str why;
        const json *operand = import_rendered(importing, use->operand, row->vars, &why);
        if (operand)
            operand = import_operand_of(importing, (enum import_operand)score->operand, operand,
                                        &why);
        if (!operand) {
            import_left_out(importing, use->place, "assertion '%.*s': %.*s",
                            STR_ARG(score->check), STR_ARG(why));
            continue;
        }
        json_set(importing->arena, row->expected, name, operand);
        any = true;
    }
    return any;
}

static const json *column_operand(struct importing *importing, str name)
{
    bool everywhere = true;
    for (size_t i = 0; i < importing->rows; i++)
        everywhere = everywhere && json_get(importing->row[i].expected, name);
    importing->columns = true;
    return json_new_text(importing->arena,
                         arena_printf(importing->arena, "{{expected.%.*s%s}}", STR_ARG(name),
                                      everywhere ? "" : " | default(null)"));
}

/* What a check without templates becomes when only some tests have it. */
static bool may_look_at_all(struct importing *importing, struct import_score *score)
{
    bool measures = score->operand == IMPORT_LATENCY || score->operand == IMPORT_COST;
    str place = score->operand == IMPORT_REGEX ? STR("a pattern") : STR("this check");
    if (!measures) {
        refuse_uses(importing, score,
                    arena_printf(importing->arena,
                                 "only some tests have it, and %.*s of weir's is the same for "
                                 "all samples",
                                 STR_ARG(place)));
        return false;
    }
    json_set(importing->arena, score->value, STR("weight"), json_new_int(importing->arena, 0));
    import_changed(
        importing, score->use[0].place,
        "assertion '%.*s': only some tests have it; it looks at all samples, and has "
        "weight 0",
        STR_ARG(score->check));
    return true;
}

static void finish_score(struct importing *importing, struct import_score *score, json *taken)
{
    struct arena *arena = importing->arena;
    bool constant = import_check_is_constant((enum import_operand)score->operand);
    bool same = is_same_for_all(importing, score);
    const json *operand = NULL;
    str why = {"", 0}, name;
    if (constant && !same && !may_look_at_all(importing, score))
        return;
    if (same || constant)
        operand = common_operand(importing, score, &why);
    if (!operand && (why.n || constant)) {
        refuse_uses(importing, score, why);
        return;
    }
    name = import_name(importing, score->wanted, false, taken);
    if (!operand && fill_column(importing, score, name))
        operand = column_operand(importing, name);
    if (!operand)
        return;
    json *entry = json_new_object(arena);
    for (const json *m = json_first(score->value); m; m = json_next(m))
        if (str_equal(json_key(m), STR("transform")))
            json_set(arena, entry, json_key(m), m);
    json_set(arena, entry, score->check, operand);
    for (const json *m = json_first(score->value); m; m = json_next(m))
        if (!str_equal(json_key(m), STR("transform")))
            json_set(arena, entry, json_key(m), m);
    json_set(arena, importing->score_entries, name, entry);
}

/* An experiment has a score; this one decides nothing. */
static void add_usual_score(struct importing *importing)
{
    struct arena *arena = importing->arena;
    json *score = json_new_object(arena);
    json_set_int(arena, score, "min-words", 1);
    json_set_int(arena, score, "weight", 0);
    json_set_text(arena, score, "description",
                  STR("there is an answer; put your own in its place"));
    json_set(arena, importing->score_entries, STR("answered"), score);
    import_changed(importing, importing->root.place,
                   "no assertion came over: the score 'answered' asks for a word, and has "
                   "weight 0");
}

void import_scores(struct importing *importing)
{
    /* names of metrics, which no score may have */
    static const char *const metrics[] = {
        "accuracy", "score",       "error_rate",  "cost_usd",  "tokens",    "calls",
        "retries",  "latency_p50", "latency_p95", "pass_at_k", "pass_hat_k"};
    json *taken = json_new_object(importing->arena);
    importing->score_entries = json_new_object(importing->arena);
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        json_set(importing->arena, taken, str_from(metrics[i]), json_new_bool(true));
    for (size_t i = 0; i < importing->rows; i++)
        importing->row[i].expected = json_new_object(importing->arena);
    for (struct import_score *score = importing->scores; score; score = score->next)
        finish_score(importing, score, taken);
    if (!json_count(importing->score_entries))
        add_usual_score(importing);
}
