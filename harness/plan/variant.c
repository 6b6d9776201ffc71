/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * variant.c: extends, set and unset as changes of a YAML tree (see variant.h).
 *
 * A path such as chain.faqs.map.width is cut into keys and walked down the copy; on the way back
 * up each mapping is replaced by a copy with one member changed, so the original is untouched.
 * Whether a key is allowed where it lands is found when the result is read; what is checked here
 * is that named things on the way exist.
 */
#include "plan/variant.h"

#include "base/text.h"

struct resolver {
    struct arena *arena;
    struct mistakes *mistakes;
    const struct yaml *variants, *nodes;
};

/* ---- paths ---- */

enum { PATH_MAX_KEYS = 64 };

struct path_key {
    str text;
    bool is_index; /* [0] */
};

struct path {
    str text;
    struct path_key key[PATH_MAX_KEYS];
    size_t count;
    struct place place;
};

static bool read_bracket(struct resolver *resolver, str *rest, struct path_key *key)
{
    if (rest->n > 1 && rest->p[1] == '"') {
        size_t used = 0;
        const json *text =
            json_parse_prefix(resolver->arena, str_sub(*rest, 1, rest->n), &used);
        if (!json_is(text, JSON_TEXT) || used + 1 >= rest->n || rest->p[used + 1] != ']')
            return false;
        *key = (struct path_key){json_text(text), false};
        *rest = str_sub(*rest, used + 2, rest->n);
        return true;
    }
    ptrdiff_t end = str_find(*rest, STR("]"), 0);
    int64_t index;
    if (end < 0 || !str_to_int(str_sub(*rest, 1, (size_t)end), &index) || index < 0)
        return false;
    *key = (struct path_key){str_sub(*rest, 1, (size_t)end), true};
    *rest = str_sub(*rest, (size_t)end + 1, rest->n);
    return true;
}

static bool read_word(str *rest, struct path_key *key)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '.' && rest->p[n] != '[')
        n++;
    *key = (struct path_key){str_sub(*rest, 0, n), false};
    *rest = str_sub(*rest, n, rest->n);
    return n > 0;
}

static int read_path(struct resolver *resolver, str text, struct place place, struct path *path)
{
    *path = (struct path){.text = text, .place = place};
    str rest = text;
    bool good = rest.n > 0;
    while (good && rest.n && path->count < PATH_MAX_KEYS) {
        struct path_key *key = &path->key[path->count++];
        good = rest.p[0] == '[' ? read_bracket(resolver, &rest, key) : read_word(&rest, key);
        if (good && rest.n && rest.p[0] == '.') {
            rest = str_sub(rest, 1, rest.n);
            good = rest.n > 0;
        } else if (good && rest.n && rest.p[0] != '[') {
            good = false;
        }
    }
    if (good && rest.n == 0)
        return 0;
    return mistake_add(resolver->mistakes, place,
                       "path '%.*s' is not a path; expected keys joined by dots, such as "
                       "chain.draft.gate[0].min-words",
                       STR_ARG(text));
}

/* ---- changing a tree along a path ---- */

/* A node whose `use` is gone through gets its own copy of the shared node there. The copy's text
 * is the name it had: what tells it from a mapping that the user wrote (bind_shared). */
static const struct yaml *expand_use(struct resolver *resolver, const struct yaml *use)
{
    if (!yaml_is(use, YAML_TEXT))
        return use;
    const struct yaml *shared = yaml_get(resolver->nodes, use->text);
    if (!yaml_is(shared, YAML_MAPPING))
        return use;
    struct yaml *copy = arena_new(resolver->arena, struct yaml);
    *copy = *shared;
    copy->text = use->text;
    return copy;
}

static str near_key(struct resolver *resolver, const struct yaml *mapping, str key)
{
    str *words = arena_array(resolver->arena, str, mapping->count + 1);
    for (size_t i = 0; i < mapping->count; i++)
        words[i] = mapping->pair[i].key;
    return mistake_hint(resolver->arena, key, words, mapping->count, false);
}

/* Mappings whose keys are names the user chose; a new key on the way there is a typo. */
static bool holds_names(str key)
{
    static const char *const words[] = {"chain", "cases", "branches", "workers", NULL};
    for (size_t i = 0; words[i]; i++)
        if (str_equal(key, str_from(words[i])))
            return true;
    return false;
}

static int no_such_key(struct resolver *resolver, const struct path *path, size_t at,
                       const struct yaml *mapping, str owner)
{
    struct path_key key = path->key[at];
    str above =
        at ? arena_printf(resolver->arena, " under '%.*s'", STR_ARG(path->key[at - 1].text))
           : STR("");
    str hint = key.is_index ? STR("") : near_key(resolver, mapping, key.text);
    return mistake_add(
        resolver->mistakes, path->place, "path '%.*s': %.*s has no %s%.*s%s%.*s%.*s",
        STR_ARG(path->text), STR_ARG(owner), key.is_index ? "item [" : "'", STR_ARG(key.text),
        key.is_index ? "]" : "'", STR_ARG(above), STR_ARG(hint));
}

static const struct yaml *change(struct resolver *resolver, const struct yaml *node,
                                 const struct path *path, size_t at, str owner,
                                 const struct yaml *value);

static const struct yaml *without_item(struct arena *arena, const struct yaml *list,
                                       size_t index)
{
    struct yaml *copy = arena_new(arena, struct yaml);
    const struct yaml **item = arena_array(arena, const struct yaml *, list->count);
    *copy = *list;
    copy->item = item;
    copy->count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (i != index)
            item[copy->count++] = list->item[i];
    return copy;
}

static const struct yaml *change_item(struct resolver *resolver, const struct yaml *list,
                                      const struct path *path, size_t at, str owner,
                                      const struct yaml *value)
{
    int64_t index = 0;
    str_to_int(path->key[at].text, &index);
    if (!yaml_is(list, YAML_LIST) || (uint64_t)index >= list->count) {
        no_such_key(resolver, path, at, yaml_new_mapping(resolver->arena, path->place), owner);
        return NULL;
    }
    bool last = at + 1 == path->count;
    if (last && !value)
        return without_item(resolver->arena, list, (size_t)index);
    const struct yaml *item = list->item[index];
    const struct yaml *changed =
        last ? value : change(resolver, item, path, at + 1, owner, value);
    return changed ? yaml_with_item(resolver->arena, list, (size_t)index, changed) : NULL;
}

/* `value` NULL removes. */
static const struct yaml *change(struct resolver *resolver, const struct yaml *node,
                                 const struct path *path, size_t at, str owner,
                                 const struct yaml *value)
{
    struct path_key key = path->key[at];
    if (key.is_index)
        return change_item(resolver, node, path, at, owner, value);
    if (!yaml_is(node, YAML_MAPPING)) {
        no_such_key(resolver, path, at, yaml_new_mapping(resolver->arena, path->place), owner);
        return NULL;
    }
    const struct yaml_pair *old = yaml_pair_get(node, key.text);
    bool last = at + 1 == path->count;
    if (!old && !value) {
        no_such_key(resolver, path, at, node, owner);
        return NULL;
    }
    if (last && !value)
        return yaml_without(resolver->arena, node, key.text);
    if (last)
        return yaml_with(resolver->arena, node, key.text, old ? old->key_place : path->place,
                         value);
    if (!old && at && holds_names(path->key[at - 1].text)) {
        no_such_key(resolver, path, at, node, owner);
        return NULL;
    }
    const struct yaml *inner =
        old ? old->value : yaml_new_mapping(resolver->arena, path->place);
    if (str_equal(key.text, STR("use")))
        inner = expand_use(resolver, inner);
    const struct yaml *changed = change(resolver, inner, path, at + 1, owner, value);
    if (!changed)
        return NULL;
    struct place key_place = old ? old->key_place : path->place;
    return yaml_with(resolver->arena, node, key.text, key_place, changed);
}

/* ---- the three keys ---- */

static bool is_pattern_like(const struct yaml_pair *pair)
{
    static const char *const replaced[] = {"defaults", "matrix",      "with",
                                           "gate",     "timeout",     "budget",
                                           "usable",   "description", NULL};
    for (size_t i = 0; replaced[i]; i++)
        if (str_equal(pair->key, str_from(replaced[i])))
            return false;
    return true;
}

static bool is_derivation(str key)
{
    return str_equal(key, STR("extends")) || str_equal(key, STR("set")) ||
           str_equal(key, STR("unset"));
}

static const struct yaml *apply_set(struct resolver *resolver, const struct yaml *body,
                                    const struct yaml *set, const char *what, str owner)
{
    if (!yaml_is(set, YAML_MAPPING)) {
        mistake_add(resolver->mistakes, set->place,
                    "%s is %s; expected a mapping from path to value", what,
                    yaml_kind_name(set));
        return NULL;
    }
    const struct yaml *result = body;
    for (size_t i = 0; i < set->count; i++) {
        struct path path;
        const struct yaml *changed = NULL;
        if (read_path(resolver, set->pair[i].key, set->pair[i].key_place, &path) == 0)
            changed = change(resolver, body, &path, 0, owner, set->pair[i].value);
        if (changed)
            body = changed;
        else
            result = NULL;
    }
    return result ? body : NULL;
}

static const struct yaml *apply_unset(struct resolver *resolver, const struct yaml *body,
                                      const struct yaml *unset, str owner)
{
    bool good = yaml_is(unset, YAML_LIST);
    for (size_t i = 0; good && i < unset->count; i++)
        good = yaml_is(unset->item[i], YAML_TEXT);
    if (!good) {
        mistake_add(resolver->mistakes, unset->place, "unset is %s; expected a list of paths",
                    yaml_kind_name(unset));
        return NULL;
    }
    for (size_t i = 0; body && i < unset->count; i++) {
        struct path path;
        if (read_path(resolver, unset->item[i]->text, unset->item[i]->place, &path) < 0)
            return NULL;
        body = change(resolver, body, &path, 0, owner, NULL);
    }
    return body;
}

/* Common keys beside `extends` replace those of the copy. */
static const struct yaml *apply_own_keys(struct resolver *resolver, const struct yaml *body,
                                         const struct yaml_pair *variant)
{
    for (size_t i = 0; i < variant->value->count; i++) {
        const struct yaml_pair *pair = &variant->value->pair[i];
        if (is_derivation(pair->key))
            continue;
        if (is_pattern_like(pair)) {
            mistake_add(resolver->mistakes, pair->key_place,
                        "variant '%.*s' has '%.*s' beside 'extends'; expected set, unset or a "
                        "common key",
                        STR_ARG(variant->key), STR_ARG(pair->key));
            return NULL;
        }
        body = yaml_with(resolver->arena, body, pair->key, pair->key_place, pair->value);
    }
    return body;
}

struct visited {
    const struct visited *before;
    str name;
};

/* Does the variant stand before all others of the circle in the file? Each of them meets the
 * circle; the first tells of it. */
static bool is_first(struct resolver *resolver, const struct visited *visited, str name)
{
    size_t at = (size_t)(yaml_pair_get(resolver->variants, name) - resolver->variants->pair);
    for (const struct visited *v = visited; !str_equal(v->name, name); v = v->before)
        for (size_t i = 0; i < at; i++)
            if (str_equal(resolver->variants->pair[i].key, v->name))
                return false;
    return true;
}

static bool in_circle(struct resolver *resolver, const struct visited *visited, str name,
                      struct place place)
{
    const struct visited *v = visited;
    while (v && !str_equal(v->name, name))
        v = v->before;
    if (!v)
        return false;
    if (!is_first(resolver, visited, name))
        return true;
    str list = name;
    for (v = visited; v; v = v->before) {
        list = arena_printf(resolver->arena, "%.*s, %.*s", STR_ARG(v->name), STR_ARG(list));
        if (str_equal(v->name, name))
            break;
    }
    mistake_add(resolver->mistakes, place, "variants extend each other in a circle: %.*s",
                STR_ARG(list));
    return true;
}

/* The variant that another extends; NULL after adding a mistake. */
static const struct yaml_pair *find_base(struct resolver *resolver, const struct yaml *extends)
{
    if (!yaml_is(extends, YAML_TEXT)) {
        mistake_add(resolver->mistakes, extends->place,
                    "extends is %s; expected the name of a variant", yaml_kind_name(extends));
        return NULL;
    }
    const struct yaml_pair *base = yaml_pair_get(resolver->variants, extends->text);
    if (!base) {
        str hint = near_key(resolver, resolver->variants, extends->text);
        if (!hint.n)
            hint = arena_printf(resolver->arena, "; expected a name of variants");
        mistake_add(resolver->mistakes, extends->place, "no variant '%.*s' to extend%.*s",
                    STR_ARG(extends->text), STR_ARG(hint));
    }
    return base;
}

static const struct yaml *resolve(struct resolver *resolver, const struct yaml_pair *variant,
                                  const struct visited *before)
{
    const struct yaml *body = variant->value;
    if (!yaml_is(body, YAML_MAPPING)) {
        mistake_add(resolver->mistakes, body->place,
                    "variant '%.*s' is %s; expected a mapping with one pattern key",
                    STR_ARG(variant->key), yaml_kind_name(body));
        return NULL;
    }
    const struct yaml *extends = yaml_get(body, STR("extends"));
    const struct yaml *set = yaml_get(body, STR("set")), *unset = yaml_get(body, STR("unset"));
    const struct yaml *result = body;
    if (extends) {
        struct visited visited = {before, variant->key};
        const struct yaml_pair *base = find_base(resolver, extends);
        if (!base || in_circle(resolver, &visited, base->key, extends->place))
            return NULL;
        result = resolve(resolver, base, &visited);
        /* a variant's description is its own */
        if (result)
            result = yaml_without(resolver->arena, result, STR("description"));
        result = result ? apply_own_keys(resolver, result, variant) : NULL;
    }
    str named = extends ? extends->text : variant->key;
    str owner = arena_printf(resolver->arena, "variant '%.*s'", STR_ARG(named));
    if (result && set)
        result = apply_set(resolver, result, set, "set", owner);
    if (result && unset)
        result = apply_unset(resolver, result, unset, owner);
    for (const char *const *key = (const char *const[]){"extends", "set", "unset", NULL};
         result && *key; key++)
        result = yaml_without(resolver->arena, result, str_from(*key));
    return result;
}

const struct yaml *variant_resolve(struct arena *arena, struct mistakes *mistakes,
                                   const struct yaml *variants, const struct yaml_pair *variant,
                                   const struct yaml *nodes)
{
    struct resolver resolver = {arena, mistakes, variants, nodes};
    return resolve(&resolver, variant, NULL);
}

const struct yaml *variant_change(struct arena *arena, struct mistakes *mistakes,
                                  const struct yaml *nodes, const struct yaml *body,
                                  const struct yaml *set, const char *what, str owner)
{
    struct resolver resolver = {arena, mistakes, NULL, nodes};
    return apply_set(&resolver, body, set, what, owner);
}
