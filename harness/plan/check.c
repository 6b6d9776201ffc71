/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check.c: the table of checks, and reading one from an experiment file (see check.h).
 *
 * A check is a mapping with exactly one check key; the other keys are common to all checks or
 * belong to the caller. What stands behind the check key is read in check_operand.c, and a check
 * is run in check_run.c.
 */
#include "plan/check_parts.h"

#include "base/text.h"
#include "plan/bind.h"

#define IS_FOR_JUDGES(takes) ((takes) == OPERAND_RUBRIC || (takes) == OPERAND_REFERENCE)
#define ASKS(takes)                                                                            \
    ((takes) == OPERAND_LIKENESS    ? ASKS_VECTORS                                             \
     : (takes) == OPERAND_URL       ? ASKS_SERVER                                              \
     : (takes) == OPERAND_CRITERION ? ASKS_CONTEST                                             \
     : IS_FOR_JUDGES(takes)         ? ASKS_JUDGE                                               \
                                    : ASKS_NOBODY)
/* clang-format off */
#define ROW(id, key, takes, grade, look, text)                                                 \
    .name = key,                                                                               \
    .summary = text,                                                                           \
    .operand = takes,                                                                          \
    .graded = (grade) > 0,                                                                     \
    .looks_at = LOOKS_AT_##look,                                                               \
    .blocks = (takes) == OPERAND_COMMAND,                                                      \
    .asks = ASKS(takes),                                                                       \
    .threshold = (grade) > 0 ? (grade) : 1,                                                    \
    .run = check_by_##id
#define CHECK(...) {ROW(__VA_ARGS__)},
#define SCORE_CHECK(...) {ROW(__VA_ARGS__), .score_only = true},
/* clang-format on */
const struct check_kind check_table[] = {
#include "plan/check_rows.h"
    {.name = NULL},
};
#undef CHECK
#undef ROW

struct common {
    const struct yaml *of, *transform;
    double threshold;
    bool has_threshold;
};

const struct opt check_options[] = {
    OPT_RAW(common, of, .word = "template",
            .help = "what is checked; by default the value here"),
    OPT_RAW(common, transform, .word = "transforms", .help = "applied to it first, in order"),
    OPT_SHARE(common, threshold, OPT_GIVEN(common, has_threshold),
              .help = "of graded checks: the value that passes; 1 by default"),
    OPT_END,
};

/* One check while it is read. */
struct reading {
    const struct binder *binder;
    const char *what; /* "check", "score 'x'" */
    const struct opt_also *also;
    const struct yaml_pair *pair; /* the check key and its operand */
    struct check *check;
};

#define reading_mistake(reading, place, ...)                                                   \
    mistake_add((reading)->binder->mistakes, (place), __VA_ARGS__)

/* ---- names ---- */

static const struct check_kind *kind_find(str name, bool *negated)
{
    *negated = str_starts_with(name, STR("not-"));
    str plain = *negated ? str_sub(name, 4, name.n) : name;
    for (const struct check_kind *kind = check_table; kind->name; kind++)
        if (str_equal(plain, str_from(kind->name)))
            return kind;
    return NULL;
}

const struct check_kind *check_kind_in(const json *mapping)
{
    const struct check_kind *kind = NULL;
    bool negated;
    for (const json *member = json_first(mapping); member && !kind; member = json_next(member))
        kind = kind_find(json_key(member), &negated);
    return kind;
}

bool check_is_judged(const struct check_kind *kind)
{
    return kind->asks == ASKS_JUDGE || kind->asks == ASKS_CONTEST;
}

bool check_looks_at_no_value(const struct check_kind *kind)
{
    return kind->looks_at >= LOOKS_AT_CALL;
}

static bool key_of_caller(const struct opt_also *also, str key)
{
    for (size_t i = 0; also && i < also->table_count; i++)
        if (opt_find(also->tables[i], key))
            return true;
    for (size_t i = 0; also && i < also->key_count; i++)
        if (str_equal(also->keys[i], key))
            return true;
    return false;
}

enum { WORDS_MAX = 256 };

static size_t check_words(struct arena *arena, bool negated, str words[WORDS_MAX])
{
    size_t count = 0;
    for (const struct check_kind *kind = check_table; kind->name && count < WORDS_MAX; kind++)
        words[count++] =
            negated ? arena_printf(arena, "not-%s", kind->name) : str_from(kind->name);
    return count;
}

static size_t other_words(const struct opt_also *also, str words[WORDS_MAX], size_t count)
{
    for (const struct opt *row = check_options; row->key && count < WORDS_MAX; row++)
        words[count++] = str_from(row->key);
    for (size_t i = 0; also && i < also->table_count; i++)
        for (const struct opt *row = also->tables[i]; row->key && count < WORDS_MAX; row++)
            words[count++] = str_from(row->key);
    for (size_t i = 0; also && i < also->key_count && count < WORDS_MAX; i++)
        words[count++] = also->keys[i];
    return count;
}

/* A check that has its check key is taken to have misspelled another key. */
static int unknown_key(const struct reading *reading, const struct yaml_pair *pair,
                       bool has_kind)
{
    struct arena *arena = reading->binder->arena;
    str words[WORDS_MAX];
    size_t checks = check_words(arena, str_starts_with(pair->key, STR("not-")), words);
    size_t all = other_words(reading->also, words, checks);
    str hint = mistake_hint(arena, pair->key, words, all, false);
    str key = text_shorten(arena, pair->key, 60);
    if (has_kind) {
        if (!hint.n)
            hint = mistake_hint(arena, pair->key, words + checks, all - checks, true);
        return reading_mistake(reading, pair->key_place, "unknown key '%.*s' in %s%.*s",
                               STR_ARG(key), reading->what, STR_ARG(hint));
    }
    if (!hint.n)
        hint = mistake_hint(arena, pair->key, words, checks, true);
    return reading_mistake(reading, pair->key_place, "unknown check '%.*s'%.*s", STR_ARG(key),
                           STR_ARG(hint));
}

/* ---- the mapping ---- */

static int find_kind(struct reading *reading, const struct yaml *yaml)
{
    for (size_t i = 0; i < yaml->count; i++) {
        const struct yaml_pair *pair = &yaml->pair[i];
        bool negated;
        const struct check_kind *kind = kind_find(pair->key, &negated);
        if (!kind || key_of_caller(reading->also, pair->key))
            continue;
        if (reading->pair)
            return reading_mistake(reading, pair->key_place,
                                   "%s has two check keys, '%.*s' and '%.*s'; expected exactly "
                                   "one (write two checks)",
                                   reading->what, STR_ARG(reading->pair->key),
                                   STR_ARG(pair->key));
        reading->pair = pair;
        reading->check->kind = kind;
        reading->check->negated = negated;
        reading->check->place = pair->key_place;
    }
    return 0;
}

static int read_common(const struct reading *reading, const struct yaml *yaml,
                       struct common *common)
{
    const struct binder *binder = reading->binder;
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    int result = 0;
    bool unknown = false;
    for (size_t i = 0; i < yaml->count; i++) {
        const struct yaml_pair *pair = &yaml->pair[i];
        const struct opt *row = opt_find(check_options, pair->key);
        bool negated;
        if (key_of_caller(reading->also, pair->key))
            continue;
        if (row)
            result |= opt_parse_value(&parse, row, pair->value, common);
        else if (!kind_find(pair->key, &negated)) {
            result = unknown_key(reading, pair, reading->pair != NULL);
            unknown = true;
        }
    }
    if (!reading->pair && !unknown) {
        str words[WORDS_MAX];
        size_t count = check_words(binder->arena, false, words);
        str list = mistake_hint(binder->arena, STR(""), words, count, true);
        result = reading_mistake(reading, yaml->place, "%s has no check key%.*s", reading->what,
                                 STR_ARG(list));
    }
    return result;
}

static int read_threshold(const struct reading *reading, const struct yaml *yaml,
                          const struct common *common)
{
    struct check *check = reading->check;
    check->threshold = common->has_threshold ? common->threshold : check->kind->threshold;
    if (!common->has_threshold || check->kind->graded)
        return 0;
    return reading_mistake(reading, yaml_pair_get(yaml, STR("threshold"))->key_place,
                           "threshold is for graded checks; '%.*s' answers yes or no",
                           STR_ARG(reading->pair->key));
}

/* What a call was like is no text to choose a part of. */
static int read_look(const struct reading *reading, const struct yaml *yaml)
{
    static const char *const keys[] = {"of", "transform"};
    int result = 0;
    for (size_t i = 0; i < 2 && check_looks_at_no_value(reading->check->kind); i++) {
        const struct yaml_pair *pair = yaml_pair_get(yaml, str_from(keys[i]));
        if (pair)
            result |= reading_mistake(
                reading, pair->key_place, "%s is for checks of a value; '%.*s' looks at %s",
                keys[i], STR_ARG(reading->pair->key),
                reading->check->kind->looks_at == LOOKS_AT_CALL ? "a call"
                                                                : "what the cell or step took");
    }
    return result;
}

static str check_shown(struct arena *arena, const struct yaml_pair *pair)
{
    str operand = pair->value->text;
    if (pair->value->kind == YAML_LIST || pair->value->kind == YAML_MAPPING)
        operand = json_to_str(arena, yaml_to_json(arena, pair->value), JSON_SPACED);
    operand = text_visible(arena, text_shorten(arena, operand, 60));
    return arena_printf(arena, "%.*s: %.*s", STR_ARG(pair->key), STR_ARG(operand));
}

const struct check *check_new(const struct binder *binder, const struct yaml *yaml,
                              const char *what, const struct opt_also *also)
{
    if (!yaml_is(yaml, YAML_MAPPING)) {
        mistake_add(binder->mistakes, yaml->place,
                    "%s is %s; expected a mapping with one check key, such as {min-words: 50}",
                    what, yaml_kind_name(yaml));
        return NULL;
    }
    struct check *check = arena_new(binder->arena, struct check);
    struct reading reading = {.binder = binder, .what = what, .also = also, .check = check};
    struct common common = {0};
    if (find_kind(&reading, yaml) < 0)
        return NULL;
    int result = read_common(&reading, yaml, &common);
    if (common.of && !(check->of = bind_template(binder, common.of, NULL)))
        result = -1;
    if (common.transform && transform_read(binder->arena, binder->mistakes, common.transform,
                                           &check->transform, &check->transforms) < 0)
        result = -1;
    if (!reading.pair)
        return NULL;
    result |= read_threshold(&reading, yaml, &common);
    if (check->kind->score_only && !binder->may_see_expected) {
        reading_mistake(&reading, reading.pair->key_place, "'%.*s' is for scores",
                        STR_ARG(reading.pair->key));
        return NULL;
    }
    if (check->kind->asks && !binder->may_see_expected) {
        reading_mistake(&reading, reading.pair->key_place,
                        "'%.*s' asks a model, which only a score may; expected a call in the "
                        "workflow, and a check on its value",
                        STR_ARG(reading.pair->key));
        return NULL;
    }
    result |= read_look(&reading, yaml);
    result |= operand_read(binder, reading.pair, check);
    check->shown = check_shown(binder->arena, reading.pair);
    return result ? NULL : check;
}
