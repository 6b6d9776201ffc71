/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prompt.c: prompts from files or in place (see prompt.h).
 *
 * Both forms have the same keys; a file has its user message below the front matter instead of
 * under `user`. The front matter is read from the file's own text, cut where it ends, so that
 * every place in a message is a place in the file. Names in templates are checked where a prompt
 * is used, not here.
 */
#include "plan/prompt.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "base/option.h"
#include "base/text.h"

struct keys {
    const struct yaml *system, *messages, *user;
    str description;
};

/* clang-format off */
#define FILE_ROWS                                                                              \
    OPT_RAW(keys, system, .word = "text template", .form = "{type: string}",  \
            .help = "system message"),  \
    OPT_RAW(keys, messages, .word = "list of messages",                                        \
            .form = "{type: array, items: {$ref: '#/$defs/message'}}",                         \
            .help = "earlier turns, {role, text}, between system and user"),                   \
    OPT_TEXT(keys, description, .help = "for readers")
/* clang-format on */

static const struct opt file_options[] = {FILE_ROWS, OPT_END};

const struct opt prompt_options[] = {
    FILE_ROWS,
    OPT_RAW(keys, user, .word = "text template", .required = true, .form = "{type: string}",
            .help = "the user message; in a file it is the text below the front matter"),
    OPT_END,
};

struct message_keys {
    int role;
    const struct yaml *text;
};

static const char *const role_words[] = {"user", "assistant", NULL};
static const enum llm_role roles[] = {LLM_USER, LLM_ASSISTANT};

const struct opt prompt_message_options[] = {
    OPT_CHOICE(message_keys, role, .choices = role_words, .required = true,
               .help = "who says it"),
    OPT_RAW(message_keys, text, .word = "text template", .required = true,
            .form = "{type: string}",
            .help = "what is said"),
    OPT_END,
};

/* A prompt while it is read; messages are added in the order of sending. */
struct reading {
    struct arena *arena;
    struct mistakes *mistakes;
    struct prompt_message *message;
    size_t count;
    const struct prompt_brace *brace;
};

/* The next {name} of a text from *at on, which is no {{name}}: its place, and *at behind it. -1: none. */
static ptrdiff_t next_brace(str text, size_t *at, str *name)
{
    for (ptrdiff_t open; (open = str_find(text, STR("{"), *at)) >= 0;) {
        size_t from = (size_t)open, end = from + 1;
        while (end < text.n && text.p[end] != '{' && text.p[end] != '}')
            end++;
        *at = end;
        *name = str_sub(text, from + 1, end);
        bool doubled = (from > 0 && text.p[from - 1] == '{') ||
                       (end + 1 < text.n && text.p[end + 1] == '}');
        if (end < text.n && text.p[end] == '}' && !doubled && name_is_valid(*name))
            return open;
    }
    return -1;
}

/* `scalar`: a text of a YAML file; else of the source, from `offset` on. */
static void note_braces(struct reading *reading, str text, const struct yaml *scalar,
                        const struct source *source, size_t offset)
{
    size_t at = 0;
    str name;
    for (ptrdiff_t open; (open = next_brace(text, &at, &name)) >= 0;) {
        struct prompt_brace *brace = arena_new(reading->arena, struct prompt_brace);
        *brace = (struct prompt_brace){
            .next = reading->brace,
            .name = arena_str(reading->arena, name),
            .place = scalar ? yaml_text_place(scalar, (size_t)open, at + 1)
                            : place_at(source, offset + (size_t)open),
        };
        reading->brace = brace;
    }
}

static void add_message(struct reading *reading, enum llm_role role,
                        const struct template *text)
{
    reading->message[reading->count++] = (struct prompt_message){role, text};
}

static int read_text(struct reading *reading, enum llm_role role, const char *what,
                     const struct yaml *yaml)
{
    if (!yaml_is(yaml, YAML_TEXT))
        return mistake_add(reading->mistakes, yaml->place, "%s is %s; expected a text", what,
                           yaml_kind_name(yaml));
    const struct template *text = template_new(reading->arena, yaml, reading->mistakes);
    if (!text)
        return -1;
    note_braces(reading, yaml->text, yaml, NULL, 0);
    add_message(reading, role, text);
    return 0;
}

static int read_messages(struct reading *reading, const struct yaml *list)
{
    if (!yaml_is(list, YAML_LIST))
        return mistake_add(reading->mistakes, list->place,
                           "messages is %s; expected a list of {role, text}",
                           yaml_kind_name(list));
    struct opt_parse parse = {reading->arena, reading->mistakes, NULL};
    int result = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct message_keys keys = {0};
        if (opt_parse_mapping(&parse, prompt_message_options, list->item[i], "a message", NULL,
                              &keys))
            result = -1;
        else
            result |= read_text(reading, roles[keys.role], "text", keys.text);
    }
    return result;
}

/* System and earlier turns; the user message follows. */
static int read_front(struct reading *reading, const struct keys *keys)
{
    size_t room = 2 + (yaml_is(keys->messages, YAML_LIST) ? keys->messages->count : 0);
    reading->message = arena_array(reading->arena, struct prompt_message, room);
    int result = 0;
    if (keys->system)
        result = read_text(reading, LLM_SYSTEM, "system", keys->system);
    if (keys->messages)
        result |= read_messages(reading, keys->messages);
    return result;
}

static const struct prompt *finish(const struct reading *reading, str name, bool in_file,
                                   struct place place)
{
    struct prompt *prompt = arena_new(reading->arena, struct prompt);
    *prompt =
        (struct prompt){name, reading->message, reading->count, in_file, place, reading->brace};
    return prompt;
}

/* ---- in place ---- */

const struct prompt *prompt_new(struct arena *arena, const struct yaml *mapping,
                                struct mistakes *mistakes)
{
    struct opt_parse parse = {arena, mistakes, NULL};
    struct reading reading = {.arena = arena, .mistakes = mistakes};
    struct keys keys = {0};
    int result = opt_parse_mapping(&parse, prompt_options, mapping, "prompt", NULL, &keys);
    result |= read_front(&reading, &keys);
    if (keys.user)
        result |= read_text(&reading, LLM_USER, "user", keys.user);
    return result ? NULL : finish(&reading, STR(""), false, mapping->place);
}

/* ---- files ---- */

static str without_cr(struct arena *arena, str text)
{
    if (!str_contains(text, STR("\r\n")))
        return text;
    char *copy = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '\r' || i + 1 == text.n || text.p[i + 1] != '\n')
            copy[n++] = text.p[i];
    return (str){copy, n};
}

/* The file's text without byte order mark, lines ended by LF. NULL after a mistake. */
static struct source *read_source(struct arena *arena, str path, str shown_path,
                                  struct mistakes *mistakes)
{
    struct source *source = arena_new(arena, struct source);
    source->path = arena_str(arena, shown_path);
    struct err err = {0};
    if (file_read(arena, arena_str(arena, path).p, MAX_PROMPT_BYTES, &source->text, &err) < 0) {
        mistake_add(mistakes, (struct place){0}, "%s", err.message);
        return NULL;
    }
    if (str_starts_with(source->text, STR("\xef\xbb\xbf")))
        source->text = str_sub(source->text, 3, source->text.n);
    source->text = without_cr(arena, source->text);
    ptrdiff_t bad = utf8_invalid_at(source->text);
    if (bad < 0)
        return source;
    mistake_add(mistakes, place_at(source, (size_t)bad),
                "byte 0x%02x is not UTF-8; expected a UTF-8 file",
                (unsigned char)source->text.p[bad]);
    return NULL;
}

/* Is the line that begins at `at` a "---"? *next is where the one after it begins. */
static bool is_marker(str text, size_t at, size_t *next)
{
    str line, rest;
    bool ended = str_cut(str_sub(text, at, text.n), '\n', &line, &rest);
    *next = at + line.n + (ended ? 1 : 0);
    while (line.n && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
        line.n--;
    return str_equal(line, STR("---"));
}

/* Where the front matter ends (at its second marker) and the body begins; both 0 without front
 * matter. -1 when it is not closed. */
static int find_front(str text, size_t *end, size_t *body)
{
    size_t at, next;
    *end = *body = 0;
    if (!is_marker(text, 0, &at))
        return 0;
    for (; at < text.n; at = next)
        if (is_marker(text, at, &next)) {
            *end = at;
            *body = next;
            return 0;
        }
    return -1;
}

static int read_file_keys(struct reading *reading, struct source *source, size_t end,
                          struct keys *keys)
{
    str whole = source->text;
    source->text = str_sub(whole, 0, end);
    const struct yaml *yaml =
        yaml_parse(reading->arena, source, &yaml_file_limits, reading->mistakes);
    source->text = whole;
    if (!yaml)
        return -1;
    if (yaml->kind == YAML_NULL) /* two markers and nothing between */
        return 0;
    struct opt_parse parse = {reading->arena, reading->mistakes, NULL};
    const str user[] = {STR_INIT("user")};
    const struct opt_also also = {.keys = user, .key_count = 1};
    int result = opt_parse_mapping(&parse, file_options, yaml, "the front matter", &also, keys);
    const struct yaml_pair *pair = yaml_pair_get(yaml, STR("user"));
    if (pair)
        result = mistake_add(reading->mistakes, pair->key_place,
                             "'user' is not a key of a prompt file; the text below the second "
                             "--- is the user message");
    return result;
}

static int read_body(struct reading *reading, const struct source *source, size_t from)
{
    str body = str_sub(source->text, from, source->text.n);
    if (str_ends_with(body, STR("\n")))
        body.n--;
    if (str_trim(body).n == 0)
        return mistake_add(reading->mistakes, place_at(source, from),
                           "the prompt has no text; expected the user message%s",
                           from ? " below the front matter" : "");
    const struct template *text =
        template_new_text(reading->arena, source, from, body, reading->mistakes);
    if (!text)
        return -1;
    note_braces(reading, body, NULL, source, from);
    add_message(reading, LLM_USER, text);
    return 0;
}

const struct prompt *prompt_load(struct arena *arena, str name, str path, str shown_path,
                                 struct mistakes *mistakes)
{
    struct source *source = read_source(arena, path, shown_path, mistakes);
    if (!source)
        return NULL;
    struct place start = {source, 1, 1};
    size_t end, body;
    if (find_front(source->text, &end, &body) < 0) {
        mistake_add(mistakes, start,
                    "the front matter is not closed; expected a second line ---");
        return NULL;
    }
    struct reading reading = {.arena = arena, .mistakes = mistakes};
    struct keys keys = {0};
    int result = end ? read_file_keys(&reading, source, end, &keys) : 0;
    result |= read_front(&reading, &keys);
    result |= read_body(&reading, source, body);
    return result ? NULL : finish(&reading, arena_str(arena, name), true, start);
}
