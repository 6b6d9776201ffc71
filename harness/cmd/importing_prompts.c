/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_prompts.c: the prompts of a configuration that is imported (see importing.h).
 *
 * A prompt is a text, a file of one or more, or a conversation as JSON or YAML. Of a conversation
 * the system's messages become one, and the last message must be the user's: so weir asks.
 */
#include "cmd/importing.h"

#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"

enum { PROMPTS_MAX = 100, MESSAGES_MAX = 200 };

struct source_prompt {
    str text;
    str label; /* empty: none */
    str name;  /* where there is no label: of the file */
    struct place place;
};

static void add_source(struct importing *importing, struct source_prompt source);

/* ---- conversations ---- */

static str content_text(struct importing *importing, const json *content, const char **why)
{
    if (json_is(content, JSON_TEXT))
        return json_text(content);
    struct buf all = {0};
    if (!json_is(content, JSON_LIST))
        *why = "a message without text";
    for (const json *part = *why ? NULL : json_first(content); part; part = json_next(part)) {
        const json *text = json_is(part, JSON_TEXT) ? part : json_get(part, STR("text"));
        if (!json_is(text, JSON_TEXT))
            *why = "a message with a part that is no text";
        if (all.n)
            buf_add_char(&all, '\n');
        buf_add_str(&all, json_text(text));
    }
    str text = arena_str(importing->arena, buf_str(&all));
    buf_release(&all);
    return text;
}

static str role_of(str role)
{
    if (str_equal(role, STR("system")) || str_equal(role, STR("developer")))
        return STR("system");
    if (str_equal(role, STR("assistant")) || str_equal(role, STR("model")))
        return STR("assistant");
    return str_equal(role, STR("user")) ? role : STR("");
}

struct conversation {
    struct import_message *message;
    size_t count;
    const char *why;
    str template_why;
};

static void take_message(struct importing *importing, const json *message,
                         struct conversation *c)
{
    const json *content = json_get(message, STR("content"));
    str role = role_of(json_text(json_get(message, STR("role"))));
    if (!content)
        content = json_get(message, STR("parts"));
    str text = content_text(importing, content, &c->why);
    if (!role.n)
        c->why = "a message whose role is not system, user or assistant";
    else if (json_get(message, STR("tool_calls")))
        c->why = "a message that calls tools";
    if (c->why)
        return;
    if (!import_template(importing, text, importing->used, &text, &c->template_why))
        c->why = "";
    if (c->count && str_equal(role, STR("system")) &&
        str_equal(c->message[0].role, STR("system"))) {
        c->message[0].text = arena_printf(importing->arena, "%.*s\n\n%.*s",
                                          STR_ARG(c->message[0].text), STR_ARG(text));
    } else if (c->count && str_equal(role, STR("system"))) {
        memmove(c->message + 1, c->message, c->count++ * sizeof *c->message);
        c->message[0] = (struct import_message){role, text};
    } else {
        c->message[c->count++] = (struct import_message){role, text};
    }
}

static void read_conversation(struct importing *importing, const json *list,
                              struct conversation *c)
{
    c->message = arena_array(importing->arena, struct import_message, MESSAGES_MAX + 1);
    if (json_count(list) > MESSAGES_MAX)
        c->why = "a conversation of more than 200 messages";
    for (const json *item = json_first(list); item && !c->why; item = json_next(item))
        take_message(importing, item, c);
    if (!c->why && (!c->count || !str_equal(c->message[c->count - 1].role, STR("user"))))
        c->why = "a conversation whose last message is not the user's";
}

static bool is_conversation(const json *list)
{
    return json_is(list, JSON_LIST) && json_is(json_first(list), JSON_OBJECT) &&
           json_get(json_first(list), STR("role"));
}

/* The list of messages in a value, or NULL. */
static const json *messages_in(const json *value)
{
    static const char *const members[] = {"messages", "contents", "input"};
    if (is_conversation(value))
        return value;
    for (size_t i = 0; json_is(value, JSON_OBJECT) && i < sizeof members / sizeof *members; i++)
        if (is_conversation(json_get(value, str_from(members[i]))))
            return json_get(value, str_from(members[i]));
    return NULL;
}

/* JSON in which a tag may stand for a whole text: "content": {{ x | dump }}. */
static str with_quoted_tags(struct arena *arena, str text)
{
    struct buf out = {0};
    bool inside = false;
    for (size_t i = 0; i < text.n; i++) {
        ptrdiff_t end = -1;
        if (!inside && str_starts_with(str_sub(text, i, text.n), STR("{{")))
            end = str_find(text, STR("}}"), i);
        if (end > 0) {
            str path, filter;
            str_cut(str_sub(text, i + 2, (size_t)end), '|', &path, &filter);
            buf_printf(&out, "\"{{%.*s}}\"", STR_ARG(path));
            i = (size_t)end + 1;
            continue;
        }
        if (inside && text.p[i] == '\\' && i + 1 < text.n)
            buf_add_char(&out, text.p[i++]);
        else if (text.p[i] == '"')
            inside = !inside;
        buf_add_char(&out, text.p[i]);
    }
    str result = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return result;
}

/* A text that promptfoo would send as a conversation, or NULL. */
static const json *conversation_in(struct importing *importing, str text)
{
    str start = str_trim(text);
    if (str_starts_with(start, STR("[")) || str_starts_with(start, STR("{"))) {
        const json *value = json_parse(importing->arena, start, NULL);
        if (!value)
            value =
                json_parse(importing->arena, with_quoted_tags(importing->arena, start), NULL);
        return messages_in(value);
    }
    if (!str_starts_with(start, STR("- role:")))
        return NULL;
    struct mistakes ignored;
    struct source *source = arena_new(importing->arena, struct source);
    *source = (struct source){importing->path, text};
    mistakes_init(&ignored, importing->arena);
    const struct yaml *yaml =
        yaml_parse(importing->arena, source, &yaml_dataset_limits, &ignored);
    return yaml ? messages_in(yaml_to_json(importing->arena, yaml)) : NULL;
}

/* ---- one prompt ---- */

static bool looks_like_json_chat(str text)
{
    return str_starts_with(str_trim(text), STR("[")) && str_contains(text, STR("\"role\""));
}

static void add_prompt(struct importing *importing, struct source_prompt source)
{
    struct conversation c = {0};
    const json *list = conversation_in(importing, source.text);
    if (importing->prompts == PROMPTS_MAX) {
        import_left_out(importing, source.place, "more than %d prompts: the rest", PROMPTS_MAX);
        return;
    }
    if (list) {
        read_conversation(importing, list, &c);
    } else if (looks_like_json_chat(source.text)) {
        c.why = "a conversation as JSON that only its tags make whole";
    } else {
        c.message = arena_new(importing->arena, struct import_message);
        c.message->role = STR("user");
        c.count = 1;
        if (!import_template(importing, source.text, importing->used, &c.message->text,
                             &c.template_why))
            c.why = "";
    }
    if (c.why) {
        str why =
            *c.why ? str_from(c.why)
                   : arena_printf(importing->arena, "%.*s, which weir's templates do not have",
                                  STR_ARG(c.template_why));
        import_left_out(importing, source.place, "prompt: %.*s", STR_ARG(why));
        return;
    }
    str label = source.label.n ? source.label : source.name;
    importing->prompt[importing->prompts++] =
        (struct import_prompt){.label = label, .message = c.message, .messages = c.count};
}

/* ---- files ---- */

/* Prompts between lines "---". */
static void add_parts(struct importing *importing, struct source_prompt source)
{
    struct source_prompt part = source;
    size_t from = 0, at = 0;
    while (at <= source.text.n) {
        ptrdiff_t end = str_find(source.text, STR("\n"), at);
        size_t stop = end < 0 ? source.text.n : (size_t)end;
        bool line = str_equal(str_trim(str_sub(source.text, at, stop)), STR("---"));
        if (line || end < 0) {
            part.text = str_trim(str_sub(source.text, from, line ? at : source.text.n));
            if (part.text.n)
                add_prompt(importing, part);
            from = stop + 1;
        }
        at = stop + 1;
    }
}

static void add_csv(struct importing *importing, struct source_prompt source)
{
    struct csv csv = CSV(source.text);
    struct csv_record record = {0};
    struct csv_fault fault;
    size_t prompt = 0, label = SIZE_MAX;
    for (bool head = true; csv_next(&csv, importing->arena, &record, &fault) == 1;
         head = false) {
        for (size_t i = 0; head && i < record.count; i++) {
            prompt = str_equal(record.cell[i].text, STR("prompt")) ? i : prompt;
            label = str_equal(record.cell[i].text, STR("label")) ? i : label;
        }
        if (head || prompt >= record.count)
            continue;
        struct source_prompt one = source;
        one.text = record.cell[prompt].text;
        if (label < record.count)
            one.label = record.cell[label].text;
        add_prompt(importing, one);
    }
}

static str without_extension(str name)
{
    str extension = path_extension(name);
    return extension.n ? str_sub(name, 0, name.n - extension.n - 1) : name;
}

static void add_list(struct importing *importing, struct import_item list);

static void add_values(struct importing *importing, struct source_prompt source, str path)
{
    struct import_item item = import_load(importing, path, source.place);
    if (!item.value)
        return;
    item.place = source.place;
    if (!messages_in(item.value) && import_is(item, JSON_LIST)) {
        add_list(importing, item);
        return;
    }
    source.text = json_to_str(importing->arena, item.value, JSON_COMPACT);
    if (!messages_in(item.value) && import_is(item, JSON_TEXT))
        source.text = import_text(item);
    add_prompt(importing, source);
}

static void add_file(struct importing *importing, struct source_prompt source, str path)
{
    str extension = path_extension(path);
    source.name = without_extension(path_name(path));
    if (str_equal(extension, STR("yaml")) || str_equal(extension, STR("yml"))) {
        add_values(importing, source, path);
        return;
    }
    if (!import_load_text(importing, path, source.place, &source.text))
        return;
    if (str_equal(extension, STR("csv")))
        add_csv(importing, source);
    else if (str_equal(extension, STR("txt")) || !extension.n)
        add_parts(importing, source);
    else {
        source.text = str_trim(source.text);
        add_prompt(importing, source);
    }
}

/* ---- the configuration ---- */

static bool is_path(const struct importing *importing, str text)
{
    static const char *const endings[] = {".txt", ".md", ".json", ".yaml",
                                          ".yml", ".j2", ".csv"};
    bool ends = false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        ends = ends || str_ends_with(text, str_from(endings[i]));
    return ends && !memchr(text.p, '\n', text.n) && !str_contains(text, STR("{{")) &&
           (str_contains(text, STR("*")) || !str_contains(text, STR(" ")) ||
            file_exists(path_beside(importing->arena, importing->path, text).p));
}

static bool is_elsewhere(str text)
{
    static const char *const schemes[] = {"exec:",       "langfuse://", "portkey://",
                                          "helicone://", "http://",     "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (str_starts_with(text, str_from(schemes[i])))
            return true;
    return !memchr(text.p, '\n', text.n) && !str_contains(text, STR(" ")) &&
           import_is_program(text);
}

static void add_source(struct importing *importing, struct source_prompt source)
{
    str path = source.text, *paths;
    bool named = import_names_file(source.text, &path);
    if (is_elsewhere(path)) {
        import_left_out(importing, source.place,
                        "prompt: made by a program or a service, which weir does not ask");
        return;
    }
    if (!named && !is_path(importing, path)) {
        add_prompt(importing, source);
        return;
    }
    size_t count = import_paths(importing, path, source.place, &paths);
    for (size_t i = 0; i < count; i++)
        add_file(importing, source, paths[i]);
}

static void add_item(struct importing *importing, struct import_item item)
{
    static const char *const known[] = {"id", "raw", "label", "display", "file", NULL};
    struct source_prompt source = {.place = item.place, .name = STR("prompt")};
    if (import_is(item, JSON_TEXT)) {
        source.text = import_text(item);
    } else if (import_is(item, JSON_OBJECT)) {
        struct import_item raw = import_get(importing, item, "raw");
        if (!raw.value)
            raw = import_get(importing, item, "file");
        if (!raw.value)
            raw = import_get(importing, item, "id");
        source.text = import_text(raw);
        source.label = import_text(import_get(importing, item, "label"));
        import_note_others(importing, item, known, "prompt");
    }
    if (!source.text.n)
        import_left_out(importing, item.place, "prompt: no text");
    else
        add_source(importing, source);
}

static void add_list(struct importing *importing, struct import_item list)
{
    if (!import_enter(importing, list.place))
        return;
    for (size_t i = 0; i < json_count(list.value); i++)
        add_item(importing, import_at(importing, list, i));
    import_leave(importing);
}

/* {file: label}, as it was once written. */
static void add_mapping(struct importing *importing, struct import_item mapping)
{
    for (const json *member = json_first(mapping.value); member; member = json_next(member))
        add_source(importing, (struct source_prompt){.text = json_key(member),
                                                     .label = json_text(member),
                                                     .name = STR("prompt"),
                                                     .place = mapping.place});
}

void import_prompts(struct importing *importing)
{
    struct import_item prompts = import_get(importing, importing->root, "prompts");
    json *taken = json_new_object(importing->arena);
    str path;
    importing->prompt = arena_array(importing->arena, struct import_prompt, PROMPTS_MAX);
    if (!prompts.value)
        add_source(importing, (struct source_prompt){.text = STR("{{prompt}}"),
                                                     .name = STR("prompt"),
                                                     .place = importing->root.place});
    else if (import_is(prompts, JSON_LIST))
        add_list(importing, prompts);
    else if (import_is(prompts, JSON_OBJECT))
        add_mapping(importing, prompts);
    else if (import_names_file(import_text(prompts), &path) &&
             str_starts_with(path_extension(path), STR("y")))
        add_values(importing, (struct source_prompt){.place = prompts.place},
                   path_beside(importing->arena, importing->path, path));
    else
        add_item(importing, prompts);
    for (size_t i = 0; i < importing->prompts; i++)
        importing->prompt[i].name = import_name(
            importing, text_shorten(importing->arena, importing->prompt[i].label, 40), true,
            taken);
}
