/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic_models.c: Anthropic's list of models, a page at a time.
 *
 * A model is known by its name alone, so sizes are those that current models have.
 */
#include "mock_server/anthropic.h"

#include "base/clock.h"
#include "mock_server/query.h"

enum { PAGE_USUAL = 20, PAGE_MAX = 1000 };

int anthropic_check_paging(const struct http_request *http, struct arena *arena,
                           struct trouble *trouble)
{
    str limit;
    int64_t number;
    if (!query_get(arena, http->query, STR("limit"), &limit) || !limit.n)
        return 0;
    if (!str_to_int(limit, &number))
        return trouble_set(arena, trouble, 400, NULL, NULL,
                           "limit: Input should be a valid integer, unable to parse string as "
                           "an integer");
    if (number < 1)
        return trouble_set(arena, trouble, 400, NULL, NULL,
                           "limit: Input should be greater than or equal to 1");
    if (number > PAGE_MAX)
        return trouble_set(arena, trouble, 400, NULL, NULL,
                           "limit: Input should be less than or equal to %d", PAGE_MAX);
    return 0;
}

/* ---- one model ---- */

static const str lines[] = {STR_INIT("haiku"), STR_INIT("sonnet"), STR_INIT("opus"),
                            STR_INIT("fable"), STR_INIT("mythos")};

static void write_line_of(struct buf *out, str model)
{
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (str_contains(model, lines[i])) {
            json_write_text(out, lines[i]);
            return;
        }
    buf_add_str(out, STR("null"));
}

/* "claude-opus-5-5" is "Claude Opus 5.5": words begin large, numbers are parted by a point. */
static void write_display_name(struct buf *out, str model)
{
    struct buf name = {0};
    for (size_t i = 0; i < model.n; i++) {
        char c = model.p[i];
        bool first = i == 0 || model.p[i - 1] == '-';
        bool number = i > 0 && i + 1 < model.n && char_is_digit(model.p[i - 1]) &&
                      char_is_digit(model.p[i + 1]);
        if (c == '-')
            c = number ? '.' : ' ';
        else if (first && c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        buf_add_char(&name, c);
    }
    json_write_text(out, buf_str(&name));
    buf_release(&name);
}

#define YES "{\"supported\":true}"

/* clang-format off */
static const str capabilities = STR_INIT(
    "{\"batch\":" YES ",\"citations\":" YES ",\"code_execution\":" YES ","
    "\"context_management\":{\"clear_thinking_20251015\":" YES ",\"clear_tool_uses_20250919\":" YES ",\"compact_20260112\":" YES ",\"supported\":true},"
    "\"effort\":{\"high\":" YES ",\"low\":" YES ",\"max\":" YES ",\"medium\":" YES ",\"supported\":true,\"xhigh\":" YES "},"
    "\"image_input\":" YES ",\"pdf_input\":" YES ","
    "\"server_tools\":{\"code_execution\":" YES ",\"supported\":true,\"web_search\":" YES "},"
    "\"structured_outputs\":" YES ","
    "\"thinking\":{\"supported\":true,\"types\":{\"adaptive\":" YES ",\"between_tools\":" YES ",\"disabled\":" YES ",\"enabled\":" YES "}}}");
/* clang-format on */

static void write_model(struct buf *out, str model)
{
    char created[24];
    int64_t day = drawn_time(rng_mix_str(rng_key(0), model)) / 86400;
    clock_iso(day * 86400 * NS_PER_S, created, sizeof created);
    buf_add_str(out, STR("{\"type\":\"model\",\"id\":"));
    json_write_text(out, model);
    buf_add_str(out, STR(",\"display_name\":"));
    write_display_name(out, model);
    buf_add_str(out, STR(",\"created_at\":"));
    json_write_text(out, str_from(created));
    buf_add_str(out, STR(",\"max_input_tokens\":1000000,\"max_tokens\":128000,"
                         "\"lifecycle\":\"active\",\"deprecated_at\":null,"
                         "\"retires_at\":null,\"capabilities\":"));
    buf_add_str(out, capabilities);
    buf_add_str(out, STR(",\"line\":"));
    write_line_of(out, model);
    buf_add_char(out, '}');
}

/* ---- pages ---- */

static size_t place_of(const struct model_list *list, str name, size_t otherwise)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_equal(list->name[i], name))
            return i;
    return otherwise;
}

struct page {
    size_t from, upto;
    bool more; /* in the direction asked for */
};

static struct page page_of(const struct model_list *list, struct arena *arena)
{
    str query = list->http->query, asked, after, before;
    int64_t limit = PAGE_USUAL;
    if (query_get(arena, query, STR("limit"), &asked))
        str_to_int(asked, &limit); /* checked by anthropic_check_paging */
    query_get(arena, query, STR("after_id"), &after);
    query_get(arena, query, STR("before_id"), &before);
    size_t size = (size_t)limit, count = list->count;
    if (before.n) {
        size_t upto = place_of(list, before, count);
        size_t from = upto > size ? upto - size : 0;
        return (struct page){from, upto, from > 0};
    }
    size_t from = after.n ? place_of(list, after, count - 1) + 1 : 0;
    size_t upto = count - from > size ? from + size : count;
    return (struct page){from, upto, upto < count};
}

static void write_id_or_null(struct buf *out, const struct page *page, str id)
{
    if (page->upto > page->from)
        json_write_text(out, id);
    else
        buf_add_str(out, STR("null"));
}

void anthropic_write_models(struct buf *out, const struct model_list *list)
{
    if (list->one.n) {
        write_model(out, list->one);
        return;
    }
    struct arena scratch = {0};
    const struct page page = page_of(list, &scratch);
    arena_release(&scratch);
    buf_add_str(out, STR("{\"data\":["));
    for (size_t i = page.from; i < page.upto; i++) {
        if (i > page.from)
            buf_add_char(out, ',');
        write_model(out, list->name[i]);
    }
    buf_add_str(out, STR("],\"has_more\":"));
    buf_add_str(out, page.more ? STR("true") : STR("false"));
    buf_add_str(out, STR(",\"first_id\":"));
    write_id_or_null(out, &page, list->name[page.from < list->count ? page.from : 0]);
    buf_add_str(out, STR(",\"last_id\":"));
    write_id_or_null(out, &page, list->name[page.upto ? page.upto - 1 : 0]);
    buf_add_char(out, '}');
}
