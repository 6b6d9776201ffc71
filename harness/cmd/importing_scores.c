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

enum { SCORES_MAX = 400 };

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

static struct import_score *new_score(struct importing *importing,
                                      const struct import_assertion *made, str key, str metric)
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

static void add_made(struct importing *importing, const struct import_assertion *made,
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
    import_refuse_assertion(importing, assertion.place, made->type,
                            "too many of its kind in one test");
}

static void add_set(struct importing *importing, struct import_item set,
                    struct import_item options, size_t row, bool shared, double weight)
{
    static const char *const known[] = {"type", "assert", "weight", "metric", NULL};
    struct import_item list = import_get(importing, set, "assert");
    const json *own = json_get(set.value, STR("weight"));
    if (json_get(set.value, STR("threshold"))) {
        import_refuse_assertion(importing, set.place, STR("assert-set"),
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
    struct import_assertion made = {0};
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
             import_assertion_read(importing, assertion, options, weight, &made))
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
