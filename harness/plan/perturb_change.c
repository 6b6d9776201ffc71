/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * perturb_change.c: one value, changed in a way that should not matter (see perturb.h).
 *
 * Case, white space and typos reach every text in the value, names of members excepted. Typos are
 * dealt out over the words of the whole value, so that a share of them is that share also where
 * texts are short.
 */
#include "plan/perturb.h"

#include "base/text.h"

#include <math.h>

static bool holds_text(const json *value)
{
    if (json_is(value, JSON_TEXT))
        return true;
    for (const json *item = json_first(value); item; item = json_next(item))
        if (holds_text(item))
            return true;
    return false;
}

static size_t key_items(const json *list)
{
    size_t count = 0;
    for (const json *item = json_first(list); item; item = json_next(item))
        count += json_bool(json_get(item, STR("key")));
    return count;
}

const char *perturb_refuses(const struct perturbation *perturbation, const json *value)
{
    bool list = json_is(value, JSON_LIST);
    switch (perturbation->kind) {
    case PERTURB_CASE:
    case PERTURB_WHITESPACE:
    case PERTURB_TYPOS:
        return holds_text(value) ? NULL : "has no text in it; expected a text, or texts in it";
    case PERTURB_DISTRACTOR:
        return list || json_is(value, JSON_TEXT) ? NULL
                                                 : "is no text; expected a text or a list";
    case PERTURB_SHUFFLE:
        return list || json_is(value, JSON_OBJECT)
                   ? NULL
                   : "has no order; expected a list or an object";
    case PERTURB_POSITION:
        return list && key_items(value) == 1
                   ? NULL
                   : "is no list with one item that has key: true; expected that item";
    case PERTURB_KINDS:
        break;
    }
    return NULL;
}

/* ---- every text of a value ---- */

/* Words that may get a typo, over all texts of a value. */
struct typos {
    struct rng_key key;
    const bool *chosen; /* by number of the word; NULL: they are being counted */
    size_t next;
};

struct texts {
    const struct perturbation *perturbation;
    struct typos typos;
    struct arena *arena;
};

static str kept(struct arena *arena, struct buf *buf)
{
    str text = arena_str(arena, buf_str(buf));
    buf_release(buf);
    return text;
}

static str change_case(struct arena *arena, int choice, str text)
{
    return choice == PERTURB_UPPER   ? text_upper(arena, text)
           : choice == PERTURB_LOWER ? text_lower(arena, text)
                                     : text_title(arena, text);
}

static str change_whitespace(struct arena *arena, int choice, str text)
{
    struct buf out = {0};
    if (choice == PERTURB_LINES)
        buf_add_char(&out, '\n');
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (choice == PERTURB_TRAILING && c == '\n')
            buf_add_str(&out, STR("  "));
        buf_add_char(&out, c);
        if ((choice == PERTURB_DOUBLE && c == ' ') || (choice == PERTURB_LINES && c == '\n'))
            buf_add_char(&out, c);
    }
    buf_add_str(&out, choice == PERTURB_TRAILING ? STR("  ")
                      : choice == PERTURB_LINES  ? STR("\n")
                                                 : STR(""));
    return kept(arena, &out);
}

enum { WORD_LETTERS = 4 }; /* "is" and "on" are other words with two letters swapped */

/* The end of the run of letters that begins at `at`, and how many there are. */
static size_t word_end(str text, size_t at, size_t *letters)
{
    size_t length;
    for (*letters = 0; at < text.n; at += length, ++*letters)
        if (!text_is_letter(utf8_decode(text, at, &length)))
            break;
    return at;
}

/* Places behind the first letter where a letter and the next differ. */
static size_t swappable(str word, size_t wanted, size_t *found)
{
    size_t count = 0, length, next_length;
    utf8_decode(word, 0, &length);
    for (size_t at = length; at < word.n; at += length) {
        uint32_t c = utf8_decode(word, at, &length);
        if (at + length < word.n && c != utf8_decode(word, at + length, &next_length) &&
            count++ == wanted)
            *found = at;
    }
    return count;
}

static void add_typo(struct buf *out, struct typos *typos, str word, size_t places)
{
    size_t at = 0, first, second;
    swappable(word, (size_t)rng_below(typos->key, "place", typos->next, places), &at);
    utf8_decode(word, at, &first);
    utf8_decode(word, at + first, &second);
    buf_add_str(out, str_sub(word, 0, at));
    buf_add_str(out, str_sub(word, at + first, at + first + second));
    buf_add_str(out, str_sub(word, at, at + first));
    buf_add_str(out, str_sub(word, at + first + second, word.n));
}

static str change_words(struct texts *texts, str text)
{
    struct typos *typos = &texts->typos;
    struct buf out = {0};
    for (size_t at = 0, letters; at < text.n;) {
        size_t end = word_end(text, at, &letters), unused, length;
        if (letters == 0) {
            utf8_decode(text, at, &length);
            buf_add_str(&out, str_sub(text, at, at + length));
            at += length;
            continue;
        }
        str word = str_sub(text, at, end);
        size_t places = letters >= WORD_LETTERS ? swappable(word, SIZE_MAX, &unused) : 0;
        if (places && typos->chosen && typos->chosen[typos->next])
            add_typo(&out, typos, word, places);
        else
            buf_add_str(&out, word);
        typos->next += places > 0;
        at = end;
    }
    return kept(texts->arena, &out);
}

static const json *change_text(struct texts *texts, const json *value)
{
    str text = json_text(value);
    int choice = texts->perturbation->choice;
    switch (texts->perturbation->kind) {
    case PERTURB_CASE:
        text = change_case(texts->arena, choice, text);
        break;
    case PERTURB_WHITESPACE:
        text = change_whitespace(texts->arena, choice, text);
        break;
    default:
        text = change_words(texts, text);
        break;
    }
    return json_new_text(texts->arena, text);
}

static const json *change_texts(struct texts *texts, const json *value)
{
    if (json_is(value, JSON_TEXT))
        return change_text(texts, value);
    if (json_is(value, JSON_LIST)) {
        json *list = json_new_list(texts->arena);
        for (const json *item = json_first(value); item; item = json_next(item))
            json_add(texts->arena, list, change_texts(texts, item));
        return list;
    }
    if (!json_is(value, JSON_OBJECT))
        return value;
    json *object = json_new_object(texts->arena);
    for (const json *member = json_first(value); member; member = json_next(member))
        json_set(texts->arena, object, json_key(member), change_texts(texts, member));
    return object;
}

/* That share of the words, rounded, and one at least. */
static const json *add_typos(struct texts *texts, const json *value)
{
    change_texts(texts, value);
    size_t words = texts->typos.next;
    if (words == 0)
        return value;
    size_t count = (size_t)llround(texts->perturbation->share * (double)words);
    bool *chosen = arena_array(texts->arena, bool, words);
    uint32_t *order = arena_array(texts->arena, uint32_t, words);
    rng_shuffle(texts->typos.key, "words", order, (uint32_t)words);
    for (size_t i = 0; i < words && (i < count || i == 0); i++)
        chosen[order[i]] = true;
    texts->typos.chosen = chosen;
    texts->typos.next = 0;
    return change_texts(texts, value);
}

/* ---- lists ---- */

static const json *append(const struct perturbation *perturbation, const json *value,
                          struct arena *arena)
{
    str more = perturbation->distractor;
    if (json_is(value, JSON_TEXT)) {
        str text = json_text(value);
        const char *between = memchr(text.p, '\n', text.n) ? "\n\n" : " ";
        return json_new_text(
            arena, arena_printf(arena, "%.*s%s%.*s", STR_ARG(text), between, STR_ARG(more)));
    }
    json *list = json_copy(arena, value);
    const json *item = json_new_text(arena, more);
    if (json_get(json_first(value), STR("text"))) { /* as the other passages are */
        json *passage = json_new_object(arena);
        json_set(arena, passage, STR("text"), item);
        item = passage;
    }
    json_add(arena, list, item);
    return list;
}

static void put(struct arena *arena, json *to, const json *item)
{
    if (json_is(to, JSON_OBJECT))
        json_set(arena, to, json_key(item), item);
    else
        json_add(arena, to, item);
}

/* Does that order say the same as the old one? */
static bool is_same_order(const json *value, const json *const *item, const uint32_t *order)
{
    size_t count = json_count(value);
    for (size_t i = 0; i < count; i++)
        if (order[i] != i &&
            (json_is(value, JSON_OBJECT) || !json_equal(item[i], item[order[i]])))
            return false;
    return true;
}

static const json *shuffle(struct rng_key key, const json *value, struct arena *arena)
{
    uint32_t count = (uint32_t)json_count(value), n = 0;
    const json **item = arena_array(arena, const json *, count + 1);
    uint32_t *order = arena_array(arena, uint32_t, count + 1);
    for (const json *i = json_first(value); i; i = json_next(i))
        item[n++] = i;
    rng_shuffle(key, "order", order, count);
    if (is_same_order(value, item, order))
        for (uint32_t i = 0; i < count; i++)
            order[i] = (i + 1) % count;
    json *shuffled =
        json_is(value, JSON_OBJECT) ? json_new_object(arena) : json_new_list(arena);
    for (uint32_t i = 0; i < count; i++)
        put(arena, shuffled, item[order[i]]);
    return shuffled;
}

static const json *move_key(double share, const json *value, struct arena *arena)
{
    size_t count = json_count(value), at = 0;
    size_t place = (size_t)llround(share * (double)(count - 1));
    const json *found = json_first(value);
    while (!json_bool(json_get(found, STR("key"))))
        found = json_next(found);
    json *list = json_new_list(arena);
    for (const json *item = json_first(value); item; item = json_next(item)) {
        if (item == found)
            continue;
        if (at++ == place)
            json_add(arena, list, found);
        json_add(arena, list, item);
    }
    if (at <= place)
        json_add(arena, list, found);
    return list;
}

const json *perturb_change(const struct perturbation *perturbation, struct rng_key key,
                           const json *value, struct arena *arena)
{
    struct texts texts = {.perturbation = perturbation, .typos = {.key = key}, .arena = arena};
    switch (perturbation->kind) {
    case PERTURB_CASE:
    case PERTURB_WHITESPACE:
        return change_texts(&texts, value);
    case PERTURB_TYPOS:
        return add_typos(&texts, value);
    case PERTURB_DISTRACTOR:
        return append(perturbation, value, arena);
    case PERTURB_SHUFFLE:
        return shuffle(key, value, arena);
    case PERTURB_POSITION:
        return move_key(perturbation->share, value, arena);
    case PERTURB_KINDS:
        break;
    }
    return value;
}
