/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_ask.h: asking the mock inside the test's own process, without a socket.
 */
#ifndef TEST_MOCK_ASK_H
#define TEST_MOCK_ASK_H

#include "base/arena.h"
#include "base/json.h"
#include "mock_server/mock.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

/* One mock and what was asked of it last. */
struct asker {
    struct arena arena; /* of replies */
    struct state *state;
    struct mock *mock;
    struct buf bytes; /* of the last delivery */
    struct delivery delivery;
    struct part *part; /* a copy */
    int status;
    str head;
    const json *body; /* NULL: no JSON */
    str text;         /* choices[0].message.content */
    int64_t up_ms;    /* the server's age at the next request */
};

static inline struct asker asker_new(const char *yaml)
{
    struct asker asker = {.bytes = {0}};
    str said = STR("");
    struct config *config =
        yaml ? config_parse(&asker.arena, STR("mock.yaml"), str_from(yaml), &said)
             : config_default();
    if (!config)
        fail_msg("%.*s", STR_ARG(said));
    asker.state = state_new(config, &(struct mock_settings){0}, (struct moment){1});
    asker.mock = mock_new(asker.state);
    return asker;
}

static inline void asker_end(struct asker *asker)
{
    mock_free(asker->mock);
    state_free(asker->state);
    buf_release(&asker->bytes);
    arena_release(&asker->arena);
}

/* headers: name, value, …, NULL */
static inline void ask_raw(struct asker *asker, const char *method, const char *target,
                           str body, const char *const *headers)
{
    struct http_header header[16];
    struct http_request request = {.method = str_from(method),
                                   .target = str_from(target),
                                   .header = header,
                                   .body = body,
                                   .keep_alive = true};
    str_cut(request.target, '?', &request.path, &request.query);
    for (size_t i = 0; headers && headers[i]; i += 2)
        header[request.headers++] =
            (struct http_header){str_from(headers[i]), str_from(headers[i + 1])};
    const struct server_handler handler = mock_handler(asker->mock);
    buf_clear(&asker->bytes);
    asker->delivery = (struct delivery){.bytes = &asker->bytes};
    handler.request(handler.context, &request, (struct moment){1 + asker->up_ms * NS_PER_MS},
                    &asker->delivery);
    asker->part = arena_array(&asker->arena, struct part, asker->delivery.parts + 1);
    if (asker->delivery.parts)
        memcpy(asker->part, asker->delivery.part, asker->delivery.parts * sizeof *asker->part);
    asker->status = 0;
    asker->body = NULL;
    asker->head = asker->text = STR("");
    if (asker->bytes.n == 0)
        return;
    str all = arena_str(&asker->arena, buf_str(&asker->bytes));
    ptrdiff_t end = str_find(all, STR("\r\n\r\n"), 0);
    assert_true(end > 0);
    asker->head = str_sub(all, 0, (size_t)end + 2);
    sscanf(all.p, "HTTP/1.1 %d", &asker->status);
    asker->body = json_parse(&asker->arena, str_sub(all, (size_t)end + 4, all.n), NULL);
    asker->text = json_text(
        json_path(json_at(json_get(asker->body, STR("choices")), 0), "message.content"));
}

/* A chat request with one user message, an idempotency key and an attempt (0: not said). `more`:
 * further members, each after a comma. */
static inline str ask(struct asker *asker, const char *prompt, const char *key, int attempt,
                      const char *more)
{
    char number[16];
    snprintf(number, sizeof number, "%d", attempt);
    const char *headers[] = {"Authorization",
                             "Bearer k",
                             "x-mock-explain",
                             "1",
                             attempt ? "X-Weir-Attempt" : "x-nothing",
                             number,
                             key ? "Idempotency-Key" : NULL,
                             key,
                             NULL};
    struct buf body = {0};
    buf_add_str(&body, STR("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"));
    json_write_text(&body, str_from(prompt));
    buf_printf(&body, "}]%s}", more ? more : "");
    ask_raw(asker, "POST", "/v1/chat/completions", buf_str(&body), headers);
    buf_release(&body);
    return asker->text;
}

static inline str header_of(const struct asker *asker, const char *name)
{
    str rest = asker->head, line, key, value;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        if (str_cut(str_trim(line), ':', &key, &value) && str_equal_nocase(key, str_from(name)))
            return str_trim(value);
    }
    return STR("");
}

#define assert_text(got, wanted)                                                               \
    do {                                                                                       \
        str got_text = (got), wanted_text = str_from(wanted);                                  \
        if (!str_equal(got_text, wanted_text))                                                 \
            fail_msg("'%.*s' is not '%s'", STR_ARG(got_text), wanted_text.p);                  \
    } while (0)

#endif
