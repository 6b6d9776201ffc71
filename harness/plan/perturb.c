/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * perturb.c: reading `perturb`, and the samples it makes (see perturb.h).
 *
 * Every change is tried on every row while the experiment is read, so that a row which cannot be
 * changed is a mistake with its place and not a surprise in the middle of a run.
 */
#include "plan/perturb.h"

#include "base/ceilings.h"

static const char *const case_choices[] = {"upper", "lower", "title", NULL};
static const char *const whitespace_choices[] = {"double", "lines", "trailing", NULL};
static const char *const kind_names[PERTURB_KINDS] = {"case",       "whitespace", "typos",
                                                      "distractor", "shuffle",    "position"};

#define GIVEN(kind) .given = offsetof(struct perturbation_keys, given[kind]) + 1

const struct opt perturbation_options[] = {
    {.key = "case", /* a word of C */
     .type = OPT_TYPE_CHOICE,
     .offset = offsetof(struct perturbation_keys, letter_case),
     .choices = case_choices,
     GIVEN(PERTURB_CASE),
     .help = "letter case of the texts in the fields"},
    OPT_CHOICE(
        perturbation_keys, whitespace, .choices = whitespace_choices, GIVEN(PERTURB_WHITESPACE),
        .help = "double: blanks twice; lines: line breaks twice, and an empty line before "
                "and behind; trailing: two blanks at the end of every line"),
    OPT_SHARE(perturbation_keys, typos, GIVEN(PERTURB_TYPOS), .form = "{exclusiveMinimum: 0}",
              .help = "that share of the words of four letters or more, one at least, gets one "
                      "swapped pair of letters"),
    OPT_TEXT(perturbation_keys, distractor, GIVEN(PERTURB_DISTRACTOR), .form = "{minLength: 1}",
             .help = "appended to texts; to lists, as an item more"),
    OPT_BOOL(perturbation_keys, shuffle, GIVEN(PERTURB_SHUFFLE), .form = "{const: true}",
             .help = "true: order of items in lists, of members in objects"),
    OPT_RAW(perturbation_keys, position, .word = "shares", GIVEN(PERTURB_POSITION),
            .help = "the item with key: true moves there: 0 first, 1 last; one change for each "
                    "share"),
    OPT_RAW(perturbation_keys, fields, .word = "input_names", .help = "inputs that change"),
    OPT_END_FORM(
        "{required: [fields], oneOf: [{required: [case]}, {required: [whitespace]},"
        " {required: [typos]}, {required: [distractor]}, {required: [shuffle]},"
        " {required: [position]}]}"),
};

struct reader {
    struct experiment *experiment;
    struct mistakes *mistakes;
    const struct yaml_pair *pair;
    struct perturbation_keys keys;
    struct perturbation *list; /* room for MAX_PERTURBATIONS */
    size_t count;
};

/* ---- which change ---- */

static struct place place_of(const struct reader *r, const char *key)
{
    const struct yaml_pair *pair = yaml_pair_get(r->pair->value, str_from(key));
    return pair ? pair->key_place : r->pair->key_place;
}

/* The one that is given, or PERTURB_KINDS after a mistake. */
static enum perturb_kind find_kind(const struct reader *r)
{
    enum perturb_kind found = PERTURB_KINDS;
    for (int kind = 0; kind < PERTURB_KINDS; kind++) {
        if (!r->keys.given[kind])
            continue;
        if (found == PERTURB_KINDS) {
            found = (enum perturb_kind)kind;
            continue;
        }
        mistake_add(r->mistakes, place_of(r, kind_names[kind]),
                    "perturbation '%.*s' has two changes, '%s' and '%s'; expected exactly one",
                    STR_ARG(r->pair->key), kind_names[found], kind_names[kind]);
        return PERTURB_KINDS;
    }
    if (found == PERTURB_KINDS)
        mistake_add(r->mistakes, r->pair->key_place,
                    "perturbation '%.*s' has no change; expected one of case, whitespace, "
                    "typos, distractor, shuffle, position",
                    STR_ARG(r->pair->key));
    return found;
}

static int check_amount(const struct reader *r, enum perturb_kind kind)
{
    if (kind == PERTURB_TYPOS && !(r->keys.typos > 0))
        return mistake_add(r->mistakes, place_of(r, "typos"),
                           "typos is 0; expected a share above 0, as 0.1");
    if (kind == PERTURB_DISTRACTOR && r->keys.distractor.n == 0)
        return mistake_add(r->mistakes, place_of(r, "distractor"),
                           "distractor is empty; expected a text");
    if (kind == PERTURB_SHUFFLE && !r->keys.shuffle)
        return mistake_add(r->mistakes, place_of(r, "shuffle"),
                           "shuffle is false; expected true");
    return 0;
}

/* ---- fields ---- */

static bool is_var_or_input(const struct experiment *experiment, str name)
{
    if (json_get(experiment->vars, name))
        return true;
    for (size_t i = 0; i < experiment->originals; i++)
        if (json_get(experiment->dataset.sample[i].inputs, name))
            return true;
    return false;
}

static void unknown_field(const struct reader *r, const struct yaml *at)
{
    const struct experiment *experiment = r->experiment;
    const json *inputs = experiment->dataset.sample[0].inputs;
    size_t room = json_count(inputs) + json_count(experiment->vars), count = 0;
    str *words = arena_array(experiment->arena, str, room + 1);
    for (const json *input = json_first(inputs); input; input = json_next(input))
        words[count++] = json_key(input);
    for (const json *var = json_first(experiment->vars); var; var = json_next(var))
        words[count++] = json_key(var);
    str hint = mistake_hint(experiment->arena, at->text, words, count, true);
    mistake_add(r->mistakes, at->place, "no sample has an input '%.*s'%.*s", STR_ARG(at->text),
                STR_ARG(hint));
}

static int read_fields(const struct reader *r, struct perturbation *perturbation)
{
    const struct yaml *fields = r->keys.fields;
    if (!fields)
        return mistake_add(r->mistakes, r->pair->key_place,
                           "perturbation '%.*s' has no fields; expected names of inputs",
                           STR_ARG(r->pair->key));
    if (!yaml_is(fields, YAML_LIST) || fields->count == 0)
        return mistake_add(r->mistakes, fields->place,
                           "fields of perturbation '%.*s' is %s; expected a list of names of "
                           "inputs",
                           STR_ARG(r->pair->key),
                           yaml_is(fields, YAML_LIST) ? "empty" : yaml_kind_name(fields));
    str *field = arena_array(r->experiment->arena, str, fields->count);
    int result = 0;
    for (size_t i = 0; i < fields->count; i++) {
        field[i] = fields->item[i]->text;
        for (size_t k = 0; k < i; k++)
            if (str_equal(field[k], field[i]))
                result = mistake_add(r->mistakes, fields->item[i]->place,
                                     "field '%.*s' is named twice", STR_ARG(field[i]));
        if (r->experiment->inputs_unknown ||
            is_var_or_input(r->experiment, fields->item[i]->text))
            continue;
        unknown_field(r, fields->item[i]);
        result = -1;
    }
    perturbation->field = field;
    perturbation->fields = fields->count;
    return result;
}

/* ---- the list of changes ---- */

static void add(struct reader *r, const struct perturbation *perturbation)
{
    if (r->count == MAX_PERTURBATIONS) {
        mistake_add(r->mistakes, r->pair->key_place, "perturb has more than %d changes",
                    MAX_PERTURBATIONS);
        return;
    }
    r->list[r->count++] = *perturbation;
}

static str label_at(struct arena *arena, str name, double share)
{
    struct buf out = {0};
    json_write_number(&out, share);
    str label = arena_printf(arena, "%.*s-%.*s", STR_ARG(name), (int)out.n, out.p);
    buf_release(&out);
    return label;
}

static void add_positions(struct reader *r, struct perturbation *perturbation)
{
    const struct yaml *position = r->keys.position;
    if (!yaml_is(position, YAML_LIST) || position->count == 0) {
        mistake_add(r->mistakes, position->place,
                    "position is %s; expected a list of shares, as [0, 0.5, 1]",
                    yaml_is(position, YAML_LIST) ? "empty" : yaml_kind_name(position));
        return;
    }
    size_t first = r->count;
    for (size_t i = 0; i < position->count; i++) {
        const struct yaml *share = position->item[i];
        if (!yaml_is(share, YAML_NUMBER) || share->number < 0 || share->number > 1) {
            mistake_add(r->mistakes, share->place,
                        "a place of position is '%.*s'; expected a share from 0 to 1",
                        STR_ARG(share->text));
            continue;
        }
        perturbation->share = share->number;
        perturbation->label =
            label_at(r->experiment->arena, perturbation->family, share->number);
        for (size_t k = first; k < r->count; k++)
            if (str_equal(r->list[k].label, perturbation->label))
                mistake_add(r->mistakes, share->place, "position %.*s is there twice",
                            STR_ARG(share->text));
        add(r, perturbation);
    }
}

static void read_one(struct reader *r)
{
    struct arena *arena = r->experiment->arena;
    struct opt_parse parse = {arena, r->mistakes, r->experiment};
    str where = arena_printf(arena, "perturbation '%.*s'", STR_ARG(r->pair->key));
    r->keys = (struct perturbation_keys){0};
    if (!name_is_valid(r->pair->key))
        mistake_add(r->mistakes, r->pair->key_place,
                    "perturbation '%.*s' is no name; expected letters, digits and _, not "
                    "starting with a digit",
                    STR_ARG(r->pair->key));
    if (opt_parse_mapping(&parse, perturbation_options, r->pair->value, where.p, NULL,
                          &r->keys) < 0)
        return;
    struct perturbation perturbation = {
        .label = r->pair->key,
        .family = r->pair->key,
        .kind = find_kind(r),
        .distractor = r->keys.distractor,
        .share = r->keys.typos,
        .place = r->pair->key_place,
    };
    if (perturbation.kind == PERTURB_KINDS || check_amount(r, perturbation.kind) < 0 ||
        read_fields(r, &perturbation) < 0)
        return;
    perturbation.choice =
        perturbation.kind == PERTURB_CASE ? r->keys.letter_case : r->keys.whitespace;
    if (perturbation.kind == PERTURB_POSITION)
        add_positions(r, &perturbation);
    else
        add(r, &perturbation);
}

/* ---- the changed samples ---- */

static struct rng_key key_of(const struct experiment *experiment,
                             const struct perturbation *perturbation,
                             const struct sample *sample, str field)
{
    struct rng_key key = rng_mix_str(rng_key((uint64_t)experiment->seed), STR("perturb"));
    key = rng_mix_str(key, perturbation->family);
    return rng_mix_str(rng_mix_str(key, sample->id), field);
}

static const json *field_of(const struct experiment *experiment, const struct sample *sample,
                            str field)
{
    const json *value = json_get(sample->inputs, field);
    return value ? value : json_get(experiment->vars, field);
}

static const json *changed_field(const struct experiment *experiment,
                                 const struct perturbation *perturbation,
                                 const struct sample *sample, str field, struct arena *arena)
{
    return perturb_change(perturbation, key_of(experiment, perturbation, sample, field),
                          field_of(experiment, sample, field), arena);
}

static const json *changed_inputs(const struct experiment *experiment,
                                  const struct perturbation *perturbation,
                                  const struct sample *sample, struct arena *arena)
{
    json *inputs = json_copy(arena, sample->inputs);
    for (size_t i = 0; i < perturbation->fields; i++) {
        str field = perturbation->field[i];
        json_set(arena, inputs, field,
                 changed_field(experiment, perturbation, sample, field, arena));
    }
    return inputs;
}

static int check_row(const struct reader *r, const struct perturbation *perturbation,
                     const struct sample *sample)
{
    int result = 0;
    for (size_t i = 0; i < perturbation->fields; i++) {
        str field = perturbation->field[i];
        const json *value = field_of(r->experiment, sample, field);
        const char *why = value ? perturb_refuses(perturbation, value)
                                : "is not there; add it, or give a default in vars";
        if (!why)
            continue;
        str where = place_text(r->experiment->arena, perturbation->place);
        result = mistake_add(r->mistakes, sample->place,
                             "sample '%.*s': field '%.*s', which perturbation '%.*s' at %.*s "
                             "changes, %s",
                             STR_ARG(sample->id), STR_ARG(field), STR_ARG(perturbation->family),
                             STR_ARG(where), why);
    }
    return result;
}

/* Members in another order are another prompt, so objects are compared as texts. */
static bool is_other(struct arena *arena, const json *a, const json *b)
{
    if (json_is(a, JSON_TEXT) && json_is(b, JSON_TEXT))
        return !str_equal(json_text(a), json_text(b));
    return !str_equal(json_to_str(arena, a, JSON_COMPACT), json_to_str(arena, b, JSON_COMPACT));
}

/* Does it make another input of the row? */
static bool changes_row(const struct reader *r, const struct perturbation *perturbation,
                        const struct sample *row, struct arena *scratch)
{
    bool other = false;
    for (size_t i = 0; i < perturbation->fields && !other; i++) {
        str field = perturbation->field[i];
        other = is_other(scratch, field_of(r->experiment, row, field),
                         changed_field(r->experiment, perturbation, row, field, scratch));
    }
    return other;
}

/* Lists are counted before a run. */
static bool adds_items(const struct reader *r, const struct perturbation *perturbation,
                       const struct sample *row)
{
    bool lists = false;
    for (size_t i = 0; i < perturbation->fields; i++)
        lists =
            lists || json_is(field_of(r->experiment, row, perturbation->field[i]), JSON_LIST);
    return lists && perturbation->kind == PERTURB_DISTRACTOR;
}

/* Tries a change on every row. A sample that it leaves as its row keeps the row's hash. */
static int try_on_rows(const struct reader *r, struct perturbation *perturbation,
                       struct sample *to)
{
    struct arena scratch = {0};
    int result = 0;
    for (size_t i = 0; i < r->experiment->originals; i++) {
        const struct sample *row = &r->experiment->dataset.sample[i];
        struct sample *sample = &to[i * r->count];
        if (check_row(r, perturbation, row) < 0) {
            result = -1;
            continue;
        }
        if (changes_row(r, perturbation, row, &scratch)) {
            perturbation->changed++;
            sample->hash = hash_add(hash_add(row->hash, STR("~")), perturbation->label);
        }
        if (adds_items(r, perturbation, row))
            sample->inputs =
                changed_inputs(r->experiment, perturbation, row, r->experiment->arena);
        arena_clear(&scratch);
    }
    arena_release(&scratch);
    /* one of several positions may be where the key is already */
    if (result == 0 && perturbation->changed == 0 && perturbation->kind != PERTURB_POSITION)
        return mistake_add(r->mistakes, perturbation->place,
                           "perturbation '%.*s' changes nothing in any sample",
                           STR_ARG(perturbation->label));
    return result;
}

static void check_id(const struct reader *r, const struct sample *row)
{
    ptrdiff_t at = str_find(row->id, STR("~"), 0);
    for (size_t p = 0; at > 0 && p < r->count; p++) {
        str tail = arena_printf(r->experiment->arena, "~%.*s", STR_ARG(r->list[p].label));
        if (str_ends_with(row->id, tail))
            mistake_add(r->mistakes, row->place,
                        "id '%.*s' could be that of a sample changed by perturbation '%.*s'; "
                        "expected another one",
                        STR_ARG(row->id), STR_ARG(r->list[p].label));
    }
}

static void add_samples(struct reader *r)
{
    struct experiment *experiment = r->experiment;
    struct dataset *dataset = &experiment->dataset;
    size_t rows = dataset->count;
    struct sample *all =
        arena_array(experiment->arena, struct sample, rows * (r->count + 1) + 1);
    memcpy(all, dataset->sample, rows * sizeof *all);
    for (size_t i = 0; i < rows; i++) {
        check_id(r, &all[i]);
        for (size_t p = 0; p < r->count; p++) {
            struct sample *sample = &all[rows + i * r->count + p];
            *sample = all[i];
            sample->id = arena_printf(experiment->arena, "%.*s~%.*s", STR_ARG(all[i].id),
                                      STR_ARG(r->list[p].label));
            sample->index = (uint32_t)(rows + i * r->count + p);
        }
    }
    for (size_t p = 0; p < r->count; p++)
        try_on_rows(r, &r->list[p], &all[rows + p]);
    dataset->sample = all;
    dataset->count = rows * (r->count + 1);
    experiment->perturbation = r->list;
    experiment->perturbations = r->count;
}

void perturb_load(struct experiment *experiment, const struct yaml *yaml,
                  struct mistakes *mistakes)
{
    struct reader r = {.experiment = experiment, .mistakes = mistakes};
    size_t before = mistakes->count;
    if (!yaml_is(yaml, YAML_MAPPING)) {
        mistake_add(mistakes, yaml->place,
                    "perturb is %s; expected a mapping from name to perturbation",
                    yaml_kind_name(yaml));
        return;
    }
    r.list = arena_array(experiment->arena, struct perturbation, MAX_PERTURBATIONS);
    for (size_t i = 0; i < yaml->count; i++) {
        r.pair = &yaml->pair[i];
        read_one(&r);
    }
    if (mistakes->count == before && r.count && !experiment->inputs_unknown)
        add_samples(&r);
}

/* ---- who is who ---- */

const struct perturbation *perturb_of(const struct experiment *experiment, uint32_t sample)
{
    if (sample < experiment->originals)
        return NULL;
    return &experiment
                ->perturbation[(sample - experiment->originals) % experiment->perturbations];
}

uint32_t perturb_original(const struct experiment *experiment, uint32_t sample)
{
    if (sample < experiment->originals)
        return sample;
    return (uint32_t)((sample - experiment->originals) / experiment->perturbations);
}

const json *perturb_inputs(const struct experiment *experiment, uint32_t sample,
                           struct arena *arena)
{
    const struct sample *row =
        &experiment->dataset.sample[perturb_original(experiment, sample)];
    const struct perturbation *perturbation = perturb_of(experiment, sample);
    return perturbation ? changed_inputs(experiment, perturbation, row, arena) : row->inputs;
}
