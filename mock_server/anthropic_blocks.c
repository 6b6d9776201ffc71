/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic_blocks.c: blocks of content: which types there are, and what each must have.
 *
 * Only texts mean something here. Images and documents are checked for their form and not looked
 * at; what server tools brought is passed over.
 */
#include "mock_server/anthropic_inside.h"

enum { MARKS_MAX = 4 };

int anthropic_check_mark(struct reading_message *in, const struct spot *at, const json *object)
{
    static const char *const types[] = {"ephemeral", NULL}, *const lives[] = {"5m", "1h", NULL};
    const struct spot here = {at, "cache_control", 0};
    const json *mark;
    if (anthropic_take(in, at, object, "cache_control", JSON_OBJECT, &mark) < 0)
        return -1;
    if (!mark)
        return 0;
    if (!anthropic_need(in, &here, mark, "type", JSON_TEXT) ||
        anthropic_take_word(in, &here, mark, "type", types) < 0 ||
        anthropic_take_word(in, &here, mark, "ttl", lives) < 0)
        return -1;
    if (++in->marks > MARKS_MAX)
        return REFUSE(in,
                      "A maximum of %d blocks with cache_control may be provided. Found %d.",
                      MARKS_MAX, in->marks);
    if (str_equal(json_text(json_get(mark, STR("ttl"))), STR("1h")))
        in->request->cache_long = true;
    return 0;
}

/* ---- sources of images and documents ---- */

/* What each type of source must have: a text, of one of `media` where there is media. */
struct source {
    const char *type, *field;
    const char *const *media;
};

static const char *const image_media[] = {"image/jpeg", "image/png", "image/gif", "image/webp",
                                          NULL};
static const char *const pdf_media[] = {"application/pdf", NULL};
static const char *const text_media[] = {"text/plain", NULL};

static const struct source image_sources[] = {
    {"base64", "data", image_media}, {"url", "url", NULL}, {"file", "file_id", NULL}, {0}};
static const struct source document_sources[] = {{"base64", "data", pdf_media},
                                                 {"text", "data", text_media},
                                                 {"url", "url", NULL},
                                                 {"file", "file_id", NULL},
                                                 {0}};

static int check_source(const struct reading_message *in, const struct spot *at,
                        const json *block, const struct source *sources)
{
    const struct spot here = {at, "source", 0};
    const json *source = anthropic_need(in, at, block, "source", JSON_OBJECT);
    const json *type = source ? anthropic_need(in, &here, source, "type", JSON_TEXT) : NULL;
    if (!type)
        return -1;
    for (; sources->type; sources++) {
        const struct spot inside = {&here, sources->type, 0};
        if (!str_equal(json_text(type), str_from(sources->type)))
            continue;
        if (sources->media &&
            (!anthropic_need(in, &inside, source, "media_type", JSON_TEXT) ||
             anthropic_take_word(in, &inside, source, "media_type", sources->media) < 0))
            return -1;
        return anthropic_need(in, &inside, source, sources->field, JSON_TEXT) ? 0 : -1;
    }
    return anthropic_refuse_at(
        in, &here,
        "Input tag '%.*s' found using 'type' does not match any of the expected tags",
        STR_ARG(json_text(type)));
}

/* Its text, or its blocks' texts, stand in for the document. */
static int read_document(struct reading_message *in, const struct spot *at, const json *block,
                         struct buf *out)
{
    static const char *const inside[] = {"text", "image", NULL};
    const struct spot source_at = {at, "source", 0}, here = {&source_at, "content", 0};
    const json *source = json_get(block, STR("source"));
    str type = json_text(json_get(source, STR("type"))), text;
    if (!str_equal(type, STR("content"))) {
        if (check_source(in, at, block, document_sources) < 0)
            return -1;
        if (str_equal(type, STR("text")))
            buf_add_str(out, json_text(json_get(source, STR("data"))));
        return 0;
    }
    if (anthropic_read_texts(in, &here, json_get(source, STR("content")), inside, &text) < 0)
        return -1;
    buf_add_str(out, text);
    return 0;
}

/* ---- texts ---- */

static int read_text(const struct reading_message *in, const struct spot *at, const json *block,
                     struct buf *out)
{
    const json *text = anthropic_need(in, at, block, "text", JSON_TEXT), *citations;
    if (!text || anthropic_take(in, at, block, "citations", JSON_LIST, &citations) < 0)
        return -1;
    if (json_text(text).n == 0)
        return anthropic_refuse_at(in, at->in, "text content blocks must be non-empty");
    if (str_trim(json_text(text)).n == 0)
        return anthropic_refuse_at(in, at->in,
                                   "text content blocks must contain non-whitespace text");
    buf_add_str(out, json_text(text));
    return 0;
}

static int read_search_result(struct reading_message *in, const struct spot *at,
                              const json *block, struct buf *out)
{
    static const char *const inside[] = {"text", NULL};
    const struct spot here = {at, "content", 0};
    str text;
    if (!anthropic_need(in, at, block, "source", JSON_TEXT) ||
        !anthropic_need(in, at, block, "title", JSON_TEXT) ||
        anthropic_read_texts(in, &here, json_get(block, STR("content")), inside, &text) < 0)
        return -1;
    buf_add_str(out, text);
    return 0;
}

/* ---- any block ---- */

/* Types that are passed over: what the provider's own tools bring, and newer ones. */
static bool is_passed_over(str type)
{
    return str_equal(type, STR("server_tool_use")) ||
           str_equal(type, STR("container_upload")) || str_equal(type, STR("tool_reference")) ||
           str_equal(type, STR("browser_state")) || str_ends_with(type, STR("_tool_result"));
}

str anthropic_block_type(const struct reading_message *in, const struct spot *at,
                         const json *block)
{
    if (anthropic_check(in, at, block, JSON_OBJECT) < 0)
        return STR("");
    const json *type = anthropic_need(in, at, block, "type", JSON_TEXT);
    if (type && json_text(type).n == 0)
        anthropic_refuse_at(in, at,
                            "Input tag '' found using 'type' does not match any of "
                            "the expected tags");
    return json_text(type);
}

int anthropic_read_block(struct reading_message *in, const struct spot *at, const json *block,
                         str type, struct buf *out)
{
    const struct spot text_at = {at, "text", 0}, image_at = {at, "image", 0},
                      document_at = {at, "document", 0}, thinking_at = {at, "thinking", 0},
                      redacted_at = {at, "redacted_thinking", 0},
                      search_at = {at, "search_result", 0};
    if (anthropic_check_mark(in, at, block) < 0)
        return -1;
    if (str_equal(type, STR("text")))
        return read_text(in, &text_at, block, out);
    if (str_equal(type, STR("image")))
        return check_source(in, &image_at, block, image_sources);
    if (str_equal(type, STR("document")))
        return read_document(in, &document_at, block, out);
    if (str_equal(type, STR("search_result")))
        return read_search_result(in, &search_at, block, out);
    if (str_equal(type, STR("thinking")))
        return anthropic_need(in, &thinking_at, block, "thinking", JSON_TEXT) &&
                       anthropic_need(in, &thinking_at, block, "signature", JSON_TEXT)
                   ? 0
                   : -1;
    if (str_equal(type, STR("redacted_thinking")))
        return anthropic_need(in, &redacted_at, block, "data", JSON_TEXT) ? 0 : -1;
    if (is_passed_over(type))
        return 0;
    return anthropic_refuse_at(
        in, at,
        "Input tag '%.*s' found using 'type' does not match any of the expected tags: 'text', "
        "'image', 'document', 'search_result', 'thinking', 'redacted_thinking', 'tool_use', "
        "'tool_result'",
        STR_ARG(type));
}

int anthropic_read_texts(struct reading_message *in, const struct spot *at, const json *content,
                         const char *const *types, str *text)
{
    struct buf out = {0};
    size_t i = 0;
    int result = 0;
    *text = json_text(content);
    if (json_is(content, JSON_TEXT))
        return 0;
    if (anthropic_check(in, at, content, JSON_LIST) < 0)
        return -1;
    for (const json *block = json_first(content); block && result == 0;
         block = json_next(block), i++) {
        const struct spot here = {at, NULL, i};
        str type = anthropic_block_type(in, &here, block);
        if (!type.n)
            result = -1;
        else if (!anthropic_is_one_of(type, types))
            result = anthropic_refuse_at(
                in, &here,
                "Input tag '%.*s' found using 'type' does not match any of the expected tags",
                STR_ARG(type));
        else
            result = anthropic_read_block(in, &here, block, type, &out);
    }
    *text = arena_str(in->request->arena, buf_str(&out));
    buf_release(&out);
    return result;
}
