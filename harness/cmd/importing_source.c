/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_source.c: the configuration that is imported, and the files that it names (see
 * importing.h).
 *
 * Values are JSON beside the YAML that they were read from, so that everything can be named by its
 * place. What stands there as a key is registered as a secret before anything else is looked at: from
 * then on no message and no file can hold it.
 */
#include "cmd/importing.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

#include <glob.h>
#include <stdio.h>

/* ---- notes ---- */

void import_note(struct importing *importing, enum import_loss loss, struct place place,
                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str text = arena_vprintf(importing->arena, format, args);
    va_end(args);
    for (size_t i = 0; i < importing->notes; i++) {
        const struct import_note *told = &importing->note[i];
        if (told->place.source == place.source && told->place.line == place.line &&
            told->place.col == place.col && str_equal(told->text, text))
            return;
    }
    if (importing->notes == IMPORT_NOTES_MAX) {
        importing->notes_dropped++;
        return;
    }
    if (importing->notes == importing->note_room) {
        importing->note_room = importing->note_room ? 2 * importing->note_room : 32;
        importing->note = arena_grow(importing->arena, importing->note, importing->notes,
                                     importing->note_room, sizeof *importing->note);
    }
    importing->note[importing->notes++] = (struct import_note){loss, place, text};
}

static bool is_among(str word, const char *const *words)
{
    for (; *words; words++)
        if (str_equal(word, str_from(*words)))
            return true;
    return false;
}

void import_note_others(struct importing *importing, struct import_item mapping,
                        const char *const *known, const char *what)
{
    if (!import_is(mapping, JSON_OBJECT))
        return;
    for (const json *member = json_first(mapping.value); member; member = json_next(member)) {
        str key = json_key(member);
        if (is_among(key, known))
            continue;
        struct place place = mapping.place;
        const struct yaml_pair *pair = mapping.yaml ? yaml_pair_get(mapping.yaml, key) : NULL;
        if (pair)
            place = pair->key_place;
        import_left_out(
            importing, place, "%s: '%.*s' has no counterpart", what,
            STR_ARG(text_shorten(importing->arena, text_visible(importing->arena, key), 60)));
    }
}

bool import_enter(struct importing *importing, struct place place)
{
    enum { DEPTH_MAX = 16 };
    if (importing->depth == DEPTH_MAX) {
        mistake_add(importing->mistakes, place,
                    "parts of the configuration that name each other are nested deeper than %d",
                    DEPTH_MAX);
        return false;
    }
    importing->depth++;
    return true;
}

void import_leave(struct importing *importing)
{
    importing->depth--;
}

/* ---- values ---- */

bool import_is(struct import_item item, enum json_kind kind)
{
    return item.value && json_is(item.value, kind);
}

str import_text(struct import_item item)
{
    return json_text(item.value);
}

static struct import_item item_of(struct importing *importing, const struct yaml *yaml)
{
    return (struct import_item){yaml_to_json(importing->arena, yaml), yaml, yaml->place};
}

static struct import_item member_of(struct import_item mapping, str key)
{
    struct import_item member = {.place = mapping.place};
    if (!import_is(mapping, JSON_OBJECT))
        return member;
    member.value = json_get(mapping.value, key);
    member.yaml = mapping.yaml ? yaml_get(mapping.yaml, key) : NULL;
    if (member.yaml)
        member.place = member.yaml->place;
    return member;
}

/* {$ref: '#/a/b'} stands for another part of the configuration. */
static struct import_item followed(const struct importing *importing, struct import_item item)
{
    str ref = json_text(json_get(item.value, STR("$ref"))), name;
    if (!import_is(item, JSON_OBJECT) || !str_starts_with(ref, STR("#/")))
        return item;
    struct import_item found = importing->root;
    ref = str_sub(ref, 2, ref.n);
    for (bool more = true; more && found.value;) {
        more = str_cut(ref, '/', &name, &ref);
        found = member_of(found, name);
    }
    if (!found.value)
        return item;
    found.place = item.place;
    return found;
}

struct import_item import_get(const struct importing *importing, struct import_item mapping,
                              const char *key)
{
    return followed(importing, member_of(mapping, str_from(key)));
}

struct import_item import_at(const struct importing *importing, struct import_item list,
                             size_t index)
{
    struct import_item item = {.place = list.place};
    if (!import_is(list, JSON_LIST) || index >= json_count(list.value))
        return item;
    item.value = json_at(list.value, (int64_t)index);
    item.yaml = list.yaml ? list.yaml->item[index] : NULL;
    if (item.yaml)
        item.place = item.yaml->place;
    return followed(importing, item);
}

/* ---- keys ---- */

/* A text that is a key itself, and does not say where one is. */
static bool is_key(str name, str value)
{
    return secret_name(name) && !str_ends_with(name, STR("Envar")) &&
           !str_starts_with(value, STR("{{")) && !str_starts_with(value, STR("$"));
}

/* Rows may speak of passwords as they like. */
static void register_keys(const json *value)
{
    for (const json *member = json_is(value, JSON_OBJECT) || json_is(value, JSON_LIST)
                                  ? json_first(value)
                                  : NULL;
         member; member = json_next(member)) {
        str name = json_is(value, JSON_OBJECT) ? json_key(member) : STR("");
        if (str_equal(name, STR("vars")) || str_equal(name, STR("metadata")))
            continue;
        if (json_is(member, JSON_TEXT) && is_key(name, json_text(member)))
            secret_add(json_text(member));
        register_keys(member);
    }
}

static bool is_word(char c)
{
    return char_is_alnum(c) || c == '_' || c == '-';
}

/* What stands behind "apiKey:" in a file that is no YAML: its lines are shown with its mistakes. */
static void register_written_keys(str text)
{
    for (size_t i = 0; i < text.n; i++) {
        size_t end = i, from, to;
        if (text.p[i] != ':')
            continue;
        while (end > 0 && strchr("\"' ", text.p[end - 1]))
            end--;
        for (from = end; from > 0 && is_word(text.p[from - 1]);)
            from--;
        str name = str_sub(text, from, end);
        for (from = i + 1; from < text.n && strchr("\"' ", text.p[from]);)
            from++;
        for (to = from; to < text.n && !strchr("\"',}\r\n", text.p[to]);)
            to++;
        str value = str_trim(str_sub(text, from, to));
        if (name.n && is_key(name, value))
            secret_add(value);
    }
}

/* A YAML file; NULL after mistakes that show no key. */
static const struct yaml *load_yaml(struct importing *importing, str path)
{
    str text;
    const struct yaml *yaml =
        yaml_load(importing->arena, path, path, &yaml_dataset_limits, importing->mistakes);
    if (!yaml && file_read(importing->arena, path.p, MAX_DATASET_BYTES, &text, NULL) == 0)
        register_written_keys(text);
    return yaml;
}

int import_read(struct importing *importing)
{
    const struct yaml *yaml = load_yaml(importing, importing->path);
    if (!yaml)
        return -1;
    importing->root = item_of(importing, yaml);
    register_keys(importing->root.value);
    if (yaml->kind != YAML_MAPPING)
        return mistake_add(
            importing->mistakes, yaml->place,
            "the file is %s; expected a mapping with prompts, providers and tests",
            yaml_kind_name(yaml));
    return 0;
}

/* ---- files ---- */

bool import_names_file(str text, str *path)
{
    if (!str_starts_with(text, STR("file://")))
        return false;
    *path = str_sub(text, 7, text.n);
    return true;
}

bool import_is_program(str path)
{
    static const char *const endings[] = {".js", ".cjs", ".mjs", ".ts",   ".cts", ".mts", ".py",
                                          ".rb", ".sh",  ".go",  ".bash", ".pl",  ".exe"};
    ptrdiff_t colon = str_find(path, STR(":"), 0);
    if (colon > 0)
        path = str_sub(path, 0, (size_t)colon);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (str_ends_with(path, str_from(endings[i])))
            return true;
    return false;
}

static str beside(const struct importing *importing, str path)
{
    return path_beside(importing->arena, importing->path, path);
}

size_t import_paths(struct importing *importing, str path, struct place place, str **paths)
{
    glob_t found = {0};
    str pattern = beside(importing, path);
    size_t count = 0;
    if (glob(pattern.p, 0, NULL, &found) == 0) {
        *paths = arena_array(importing->arena, str, found.gl_pathc);
        for (size_t i = 0; i < found.gl_pathc; i++)
            (*paths)[count++] = arena_str(importing->arena, str_from(found.gl_pathv[i]));
    } else {
        str shown = text_visible(importing->arena, pattern);
        mistake_add(importing->mistakes, place, "there is no file %.*s", STR_ARG(shown));
    }
    globfree(&found);
    return count;
}

bool import_load_text(struct importing *importing, str path, struct place place, str *text)
{
    struct err err = {0};
    if (file_read(importing->arena, arena_str(importing->arena, path).p, MAX_DATASET_BYTES,
                  text, &err) < 0) {
        mistake_add(importing->mistakes, place, "%s", err.message);
        return false;
    }
    if (utf8_invalid_at(*text) >= 0) {
        str shown = text_visible(importing->arena, path);
        mistake_add(importing->mistakes, place, "%.*s is no text in UTF-8", STR_ARG(shown));
        return false;
    }
    if (str_starts_with(*text, STR("\xef\xbb\xbf")))
        *text = str_sub(*text, 3, text->n);
    return true;
}

static struct import_item load_json(struct importing *importing, str path, struct place place)
{
    struct import_item none = {.place = place};
    struct json_error error;
    str text;
    if (!import_load_text(importing, path, place, &text))
        return none;
    const json *value = json_parse(importing->arena, text, &error);
    if (!value) {
        struct source *source = arena_new(importing->arena, struct source);
        *source = (struct source){path, text};
        mistake_add(importing->mistakes, (struct place){source, error.line, error.col},
                    "not JSON: %s", error.what);
        return none;
    }
    return (struct import_item){.value = value, .place = place};
}

struct import_item import_load(struct importing *importing, str path, struct place place)
{
    struct import_item item = {.place = place};
    if (str_equal(path_extension(path), STR("json"))) {
        item = load_json(importing, path, place);
    } else if (!file_exists(arena_str(importing->arena, path).p)) {
        str shown = text_visible(importing->arena, path);
        mistake_add(importing->mistakes, place, "there is no file %.*s", STR_ARG(shown));
    } else {
        const struct yaml *yaml = load_yaml(importing, arena_str(importing->arena, path));
        if (yaml)
            item = item_of(importing, yaml);
    }
    if (item.value)
        register_keys(item.value);
    return item;
}

struct import_item import_resolved(struct importing *importing, struct import_item item,
                                   const char *what)
{
    str path;
    if (!import_is(item, JSON_TEXT) || !import_names_file(import_text(item), &path))
        return item;
    if (import_is_program(path)) {
        import_left_out(importing, item.place, "%s made by a program: no counterpart", what);
        return (struct import_item){.place = item.place};
    }
    return import_load(importing, beside(importing, path), item.place);
}

/* ---- names ---- */

str import_name(struct importing *importing, str wanted, bool dots, json *taken)
{
    enum { NAME_MAX_BYTES = 50 };
    struct buf name = {0};
    for (size_t i = 0; i < wanted.n && name.n < NAME_MAX_BYTES; i++) {
        char c = wanted.p[i];
        if (char_is_alnum(c) || c == '_' || (dots && (c == '.' || c == '-')))
            buf_add_char(&name, c);
        else if (name.n && name.p[name.n - 1] != '_')
            buf_add_char(&name, '_');
    }
    while (name.n && name.p[name.n - 1] == '_')
        name.n--;
    str clean = arena_str(importing->arena, buf_str(&name));
    buf_release(&name);
    if (!clean.n || (!dots && char_is_digit(clean.p[0])))
        clean = arena_printf(importing->arena, "n%s%.*s", clean.n ? "_" : "", STR_ARG(clean));
    str result = clean;
    for (unsigned i = 2; json_get(taken, result); i++)
        result = arena_printf(importing->arena, "%.*s_%u", STR_ARG(clean), i);
    json_set(importing->arena, taken, result, json_new_bool(true));
    return result;
}
