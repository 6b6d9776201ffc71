/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_models.c: Gemini's list of models, a page at a time.
 *
 * A model is known by its name alone: one whose name says "embedding" makes vectors, all others
 * texts, and sizes are those that current models have.
 */
#include "mock_server/gemini.h"

#include "mock_server/dialect.h"
#include "mock_server/query.h"

enum { PAGE_USUAL = 50, PAGE_MAX = 1000 };

/* A token is the number of the model that begins the page, behind a letter. */
static bool read_token(str token, int64_t *first)
{
    *first = 0;
    return token.n == 0 ||
           (token.p[0] == 'm' && str_to_int(str_sub(token, 1, token.n), first) && *first >= 0);
}

int gemini_check_paging(const struct http_request *http, struct arena *arena,
                        struct trouble *trouble)
{
    str size, token;
    int64_t number = 0, first;
    if (query_get(arena, http->query, STR("pageSize"), &size) &&
        (!str_to_int(size, &number) || number < 0 || number > INT32_MAX))
        return trouble_set(arena, trouble, 400, NULL, NULL,
                           "Invalid value at 'page_size' (TYPE_INT32), \"%.*s\"",
                           STR_ARG(size));
    if (query_get(arena, http->query, STR("pageToken"), &token) && !read_token(token, &first))
        return trouble_set(arena, trouble, 400, NULL, NULL,
                           "* ListModelsRequest.page_token: invalid page token\n");
    return 0;
}

/* "gemini-3.8-flash" is "Gemini 3.8 Flash". */
static void write_display_name(struct buf *out, str model)
{
    struct buf name = {0};
    for (size_t i = 0; i < model.n; i++) {
        char c = model.p[i] == '-' ? ' ' : model.p[i];
        if ((i == 0 || model.p[i - 1] == '-') && c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        buf_add_char(&name, c);
    }
    json_write_text(out, buf_str(&name));
    buf_release(&name);
}

static void write_model(struct buf *out, struct arena *arena, str model)
{
    bool embeds = str_contains(model, STR("embedding"));
    buf_add_str(out, STR("{\"name\":"));
    json_write_text(out, arena_printf(arena, "models/%.*s", STR_ARG(model)));
    buf_add_str(out, STR(",\"version\":\"001\",\"displayName\":"));
    write_display_name(out, model);
    if (embeds)
        buf_add_str(out, STR(",\"inputTokenLimit\":2048,\"outputTokenLimit\":1,"
                             "\"supportedGenerationMethods\":[\"embedContent\","
                             "\"batchEmbedContents\"]}"));
    else
        buf_add_str(out, STR(",\"inputTokenLimit\":1048576,\"outputTokenLimit\":65536,"
                             "\"supportedGenerationMethods\":[\"generateContent\","
                             "\"countTokens\"],\"temperature\":1,\"topP\":0.95,"
                             "\"topK\":64,\"maxTemperature\":2,\"thinking\":true}"));
}

void gemini_write_models(struct buf *out, const struct model_list *list)
{
    struct arena arena = {0};
    str size, token;
    int64_t first = 0, most = 0;
    if (list->one.n) {
        write_model(out, &arena, list->one);
        arena_release(&arena);
        return;
    }
    query_get(&arena, list->http->query, STR("pageSize"), &size);
    query_get(&arena, list->http->query, STR("pageToken"), &token);
    if (!str_to_int(size, &most) || most == 0)
        most = PAGE_USUAL;
    most = most < PAGE_MAX ? most : PAGE_MAX;
    read_token(token, &first);
    int64_t count = (int64_t)list->count, end = first < count ? first + most : count;
    buf_add_char(out, '{');
    for (int64_t i = first; i < end && i < count; i++) {
        buf_add_str(out, i == first ? STR("\"models\":[") : STR(","));
        write_model(out, &arena, list->name[i]);
    }
    if (first < count)
        buf_add_char(out, ']');
    if (end < count)
        buf_printf(out, ",\"nextPageToken\":\"m%lld\"", (long long)end);
    buf_add_char(out, '}');
    arena_release(&arena);
}
