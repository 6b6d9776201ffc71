/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_replies.c: what a provider may say, and what becomes of the cell: every bad reply is a
 * recorded outcome with a reason, none ends the run, and only what may help is tried again.
 *
 * The server inside the test plays what weir-mock cannot; it is told what to do by the prompt.
 */
#include "e2e_run.h"
#include "e2e_server.h"

#include <stdio.h>

enum { RETRIES = 1, DEEP = 100000, HUGE_BYTES = 5 * 1000 * 1000 };

static const char head[] =
    "providers: {near: {api: openai-chat, base_url: 'URL', key_env: NEAR_KEY}}\n"
    "models: {small: {provider: near, model: m, price: {input: 1, output: 1}}}\n"
    "defaults: {model: small, max_tokens: 10}\n"
    "retry: {retries: 1, attempt_timeout: 1500ms, base: 5ms, cap: 10ms, retry_after_cap: 2s}\n"
    "score: {same: {equals: '{{expected}}'}}\n"
    "concurrency: 8\n";

/* ---- replies ---- */

struct reply_case {
    const char *name;            /* in the prompt */
    const char *status, *reason; /* of the cell; reason NULL: none */
    int attempts, lost;
    const char *says; /* in the cell's message, or NULL */
    /* what the server says */
    int http;
    const char *headers;
    const char *body;    /* whole body */
    const char *content; /* of a chat completion */
    const char *finish;
    enum said_kind kind;
};

#define GOOD_JSON "{\"n\":1}"
#define ERROR_BODY(code, text)                                                                 \
    "{\"error\":{\"message\":\"" text "\",\"type\":\"t\",\"code\":" code "}}"

/* clang-format off */
static const struct reply_case cases[] = {
    {"good", "ok", NULL, 1, 0, NULL, .content = GOOD_JSON},
    {"prose", "error", "schema", 1, 0, "not JSON", .content = "Sure, here you are!"},
    {"wrong_type", "error", "schema", 1, 0, "n", .content = "{\"n\":\"one\"}"},
    {"extra_member", "error", "schema", 1, 0, "m", .content = "{\"n\":1,\"m\":2}"},
    {"missing_member", "error", "schema", 1, 0, "n", .content = "{}"},
    {"not_an_object", "error", "schema", 1, 0, NULL, .content = "[1]"},
    {"empty_text", "error", "schema", 1, 0, NULL, .content = ""},
    {"two_values", "error", "schema", 1, 0, NULL, .content = GOOD_JSON GOOD_JSON},
    {"cut_short", "error", "schema", 1, 0, "max_tokens", .content = "{\"n\":", .finish = "length"},
    {"whole_but_length", "error", "schema", 1, 0, "max_tokens", .content = GOOD_JSON, .finish = "length"},
    {"filtered", "error", "refused", 1, 0, NULL, .content = "", .finish = "content_filter"},
    {"refusal", "error", "refused", 1, 0, "I cannot help", .body =
        "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,"
        "\"refusal\":\"I cannot help with that\"},\"finish_reason\":\"stop\"}],"
        "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}"},
    {"no_json", "error", "transport", 1, 1, NULL, .body = "this is no JSON"},
    {"a_page", "error", "transport", 1, 1, NULL, .body = "<html><body>Welcome</body></html>"},
    {"nothing", "error", "transport", 1, 1, NULL, .body = ""},
    {"a_number", "error", "transport", 1, 1, NULL, .body = "42"},
    {"no_choices", "error", "transport", 1, 1, NULL, .body = "{\"choices\":[]}"},
    {"odd_choices", "error", "transport", 1, 1, NULL, .body = "{\"choices\":{\"a\":[null]}}"},
    {"bad_utf8", "error", "transport", 1, 1, NULL, .body = "{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}"},
    {"s400", "error", "request", 1, 0, "HTTP 400: odd field", .http = 400, .body = ERROR_BODY("null", "odd field")},
    {"s401", "error", "auth", 1, 0, "HTTP 401", .http = 401, .body = ERROR_BODY("\"invalid_api_key\"", "bad key")},
    {"s403", "error", "auth", 1, 0, "HTTP 403", .http = 403, .body = "Forbidden"},
    {"s404", "error", "request", 1, 0, "HTTP 404", .http = 404, .body = ERROR_BODY("\"model_not_found\"", "no model m")},
    {"s302", "error", "request", 1, 0, "check base_url", .http = 302, .headers = "Location: http://127.0.0.1:1/\r\n", .body = ""},
    {"s500", "error", "server", 1 + RETRIES, 0, "HTTP 500", .http = 500, .body = "<h1>oops</h1>"},
    {"s503_empty", "error", "server", 1 + RETRIES, 0, "HTTP 503", .http = 503, .body = ""},
    {"busy", "error", "rate-limited", 1 + RETRIES, 0, "HTTP 429", .http = 429, .body = ERROR_BODY("\"rate_limit_exceeded\"", "slow down")},
    {"used_up", "error", "quota", 1, 0, "HTTP 429", .http = 429, .body = ERROR_BODY("\"insufficient_quota\"", "pay")},
    {"much_later", "error", "rate-limited", 1, 0, "retry_after_cap", .http = 429, .headers = "Retry-After: 3600\r\n", .body = ERROR_BODY("null", "later")},
    {"soon", "error", "rate-limited", 1 + RETRIES, 0, "HTTP 429", .http = 429, .headers = "retry-after-ms: 20\r\n", .body = ERROR_BODY("null", "soon")},
    {"do_not_retry", "error", "server", 1, 0, "HTTP 500", .http = 500, .headers = "x-should-retry: false\r\n", .body = ""},
    {"silent", "timeout", "timeout", 1 + RETRIES, 1 + RETRIES, NULL, .kind = SAID_NOTHING},
    {"torn", "error", "transport", 1 + RETRIES, 1 + RETRIES, NULL, .content = "{\"n\": 1, \"a long reply\": true}", .kind = SAID_HALF_BODY},
    {"deep_body", "error", "transport", 1, 1, NULL, .http = 200},
    {"deep_text", "error", "schema", 1, 0, "not JSON", .http = 200},
    {"huge", "error", "limit", 1, 0, "limits.reply", .http = 200},
};
/* clang-format on */
enum { CASES = sizeof cases / sizeof cases[0] };

static const struct reply_case *case_of(str body)
{
    for (size_t i = 0; i < CASES; i++) {
        char mark[64];
        snprintf(mark, sizeof mark, "case=%s.", cases[i].name);
        if (str_contains(body, str_from(mark)))
            return &cases[i];
    }
    return NULL;
}

static str repeated(struct arena *arena, char c, size_t count)
{
    char *text = arena_alloc(arena, count + 1);
    memset(text, c, count);
    return (str){text, count};
}

/* Made before anybody waits for them. */
struct large {
    str deep_body, deep_text, huge;
};

static struct large large_make(struct arena *arena)
{
    return (struct large){
        .deep_body = repeated(arena, '[', DEEP),
        .deep_text = chat_reply(arena, repeated(arena, '[', DEEP), "stop"),
        .huge = chat_reply(arena, repeated(arena, 'a', HUGE_BYTES), "stop"),
    };
}

static void answer_case(void *arg, const struct asked *asked, struct said *said)
{
    const struct large *large = arg;
    const struct reply_case *reply = case_of(asked->body);
    if (!reply)
        return;
    said->kind = reply->kind;
    said->status = reply->http ? reply->http : 200;
    said->headers = reply->headers;
    if (reply->body)
        said->body = str_from(reply->body);
    else if (reply->content)
        said->body = chat_reply(said->arena, str_from(reply->content),
                                reply->finish ? reply->finish : "stop");
    else if (strcmp(reply->name, "deep_body") == 0)
        said->body = large->deep_body;
    else if (strcmp(reply->name, "deep_text") == 0)
        said->body = large->deep_text;
    else if (strcmp(reply->name, "huge") == 0)
        said->body = large->huge;
}

static void write_cases(struct place *place, const struct server *server)
{
    struct buf text = {0};
    buf_printf(&text, "%sdataset:\n  samples:\n", head);
    for (size_t i = 0; i < CASES; i++)
        buf_printf(&text, "    - {id: %s, q: case=%s., expected: {n: 1}}\n", cases[i].name,
                   cases[i].name);
    buf_add_str(&text, STR("variants:\n"
                           "  one:\n"
                           "    call:\n"
                           "      prompt: {user: 'Do {{q}}'}\n"
                           "      schema: {type: object, required: [n], properties: {n: {type:"
                           " integer}}, additionalProperties: false}\n"));
    str made = arena_str(&place->arena, buf_str(&text));
    buf_release(&text);
    place_write(place, "experiment.yaml", made);
    place_replace(place, "experiment.yaml", "URL", server_url(server).p);
    place_env(place, "NEAR_KEY=sk-test-0123456789");
}

static bool check_case(struct place *place, const char *db, const struct reply_case *reply)
{
    str is =
        sql_text(place, db,
                 "SELECT status || ' ' || coalesce(reason, '-') || ' ' || attempts || ' ' ||"
                 " lost_attempts || ' ' || calls || ' ' || correct FROM cell_named"
                 " WHERE sample_id = '%s'",
                 reply->name);
    str should = arena_printf(&place->arena, "%s %s %d %d 1 %d", reply->status,
                              reply->reason ? reply->reason : "-", reply->attempts, reply->lost,
                              strcmp(reply->status, "ok") == 0);
    str message = sql_text(
        place, db, "SELECT coalesce(message, '') FROM cell_named WHERE sample_id = '%s'",
        reply->name);
    bool good = str_equal(is, should) &&
                (!reply->says || str_contains(message, str_from(reply->says))) &&
                (message.n > 0) == (reply->reason != NULL) && message.n < 2000;
    if (!good)
        print_error("%s: is '%.*s', should be '%.*s'; '%.*s'\n", reply->name, STR_ARG(is),
                    STR_ARG(should), STR_ARG(message));
    return good;
}

/* Protects rule 8: whatever a provider says, the cell ends with the status and reason that
 * belong to it, after as many attempts as can help, counts as wrong, and the run is complete. */
static void every_bad_reply_is_an_outcome(void **state)
{
    struct place *place = *state;
    struct large large = large_make(&place->arena);
    struct server *server = server_start(place, answer_case, &large);
    write_cases(place, server);
    struct ran ran = run_good(place, "experiment.yaml", NULL);
    server_stop(server);
    int wrong = 0;
    for (size_t i = 0; i < CASES; i++)
        wrong += !check_case(place, ran.db, &cases[i]);
    assert_int_equal(wrong, 0);
    check_identities(ran.db);
    /* what was too large is not kept whole, and the replies that were read are */
    assert_int_equal(sql_int(ran.db, "SELECT max(size) > 4000000 FROM body"), 0);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call JOIN body ON body = reply"
                                     " WHERE bytes = 'this is no JSON'"),
                     1);
    /* rule 3: answered with an error costs nothing, lost in flight is an upper bound */
    assert_int_equal(sql_int(ran.db,
                             "SELECT count(*) FROM cell WHERE reason IN ('auth', 'quota',"
                             " 'request', 'server', 'rate-limited') AND cost_nanousd <> 0"),
                     0);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell WHERE lost_attempts > 0 AND"
                                     " cost_upper_nanousd <= cost_nanousd"),
                     0);
    /* errors are shown by reason, in the report for scripts and in the one for people */
    const json *reasons =
        json_get(variant_of(report_json(place, ran.db), "results", "one"), STR("reasons"));
    assert_true(json_count(reasons) >= 9);
    struct ended shown = weir(place, "report", ran.db, NULL);
    assert_code(shown, 0);
    assert_contains(shown.out, "rate-limited");
    assert_contains(shown.out, "schema");
}

/* ---- re-asks ---- */

static void answer_second(void *arg, const struct asked *asked, struct said *said)
{
    bool again = str_contains(asked->body, STR("does not conform"));
    bool stubborn = str_contains(asked->body, STR("stubborn"));
    (void)arg;
    said->body = chat_reply(said->arena,
                            again && !stubborn ? STR(GOOD_JSON) : STR("{\"n\":0.5}"), "stop");
}

/* Protects `reask`: one reply that breaks its schema is mended by asking again, with the reply
 * and what is wrong with it in the conversation; each ask is a call of its own with a key of its
 * own; the last failure counts. */
static void a_reask_mends_a_reply(void **state)
{
    struct place *place = *state;
    struct server *server = server_start(place, answer_second, NULL);
    str text = arena_printf(
        &place->arena,
        "%sdataset: {samples: [{id: meek, q: meek, expected: {n: 1}}, {id: stubborn, q: "
        "stubborn,"
        " expected: {n: 1}}]}\n"
        "variants:\n"
        "  once: {call: {prompt: {user: 'Do {{q}}'}, schema: &s {type: object, required: [n],"
        " properties: {n: {type: integer}}, additionalProperties: false}}}\n"
        "  twice: {call: {prompt: {user: 'Do {{q}}'}, reask: 1, schema: *s}}\n",
        head);
    place_write(place, "experiment.yaml", text);
    place_replace(place, "experiment.yaml", "URL", server_url(server).p);
    place_env(place, "NEAR_KEY=sk-test-0123456789");
    const char *db = run_good(place, "experiment.yaml", NULL).db;
    static const char outcome[] =
        "SELECT group_concat(variant_name || ' ' || sample_id || ' ' || status || ' ' || calls)"
        " FROM (SELECT * FROM cell_named ORDER BY 1, 2)";
    assert_text(sql_text(place, db, outcome), "once meek error 1,once stubborn error 1,"
                                              "twice meek ok 2,twice stubborn error 2");
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE repeat = 1"), 2);
    assert_int_equal(sql_int(db, "SELECT count(DISTINCT attempt_key) FROM call"), 6);
    size_t conversations = 0;
    for (size_t i = 0; i < server_count(server); i++) {
        str body = server_asked(server, i)->body;
        if (!str_contains(body, STR("does not conform")))
            continue;
        conversations++;
        assert_contains(body, "{\\\"n\\\":0.5}"); /* what it had said */
        assert_contains(body, "\"assistant\"");
        assert_contains(body, "/n"); /* where it is wrong */
    }
    assert_int_equal(conversations, 2);
    server_stop(server);
    check_identities(db);
}

/* ---- labels, and text that ends early: weir-mock can play these ---- */

static const char labels[] =
    "dataset:\n"
    "  samples:\n"
    "    - {id: known, q: known, expected: A}\n"
    "    - {id: quoted, q: quoted, expected: A}\n"
    "    - {id: unknown, q: unknown, expected: none}\n"
    "    - {id: refusing, q: refusing, expected: none}\n"
    "    - {id: failing, q: failing, expected: none}\n"
    "models: {small: {provider: openai, model: m}}\n"
    "defaults: {model: small}\n"
    "retry: {retries: 0}\n"
    "variants:\n"
    "  closed:\n"
    "    route:\n"
    "      by: {call: {prompt: {user: 'Sort {{q}}'}}}\n"
    "      cases: {A: {value: A}, B: {value: B}}\n"
    "  open:\n"
    "    extends: closed\n"
    "    set: {route.fallback: {value: none}}\n"
    "score: {same: {equals: '{{expected}}'}}\n"
    "mock:\n"
    "  rules:\n"
    "    known: {when: {prompt: known}, reply: A}\n"
    "    quoted: {when: {prompt: quoted}, reply: '**\"a\".**'}\n"
    "    unknown: {when: {prompt: unknown}, reply: Zebra}\n"
    "    refusing: {when: {prompt: refusing}, answer: {from: refusals, wrong: [{refusal: "
    "true}]}}\n"
    "    failing: {when: {prompt: failing}, status: 500}\n"
    "    other: {reply: Zebra}\n"
    "  answers:\n"
    "    refusals: {samples: [{id: r, q: refusing, expected: x}], find: [q]}\n"
    "  models: {m: {skill: 0}}\n";

/* Protects routing of what nobody foresaw: an unknown label and a refusal go to the fallback, or
 * are errors of their own kind without one; a provider's failure is no label. */
static void a_label_nobody_knows(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", labels);
    place_replace(place, "experiment.yaml", "prompt: known", "prompt_regex: 'Sort known'");
    const char *db = run_good(place, "experiment.yaml", "--mock", NULL).db;
    static const char outcome[] =
        "SELECT group_concat(sample_id || ' ' || status || ' ' || coalesce(reason, correct))"
        " FROM (SELECT * FROM cell_named WHERE variant_name = '%s' ORDER BY sample)";
    assert_text(sql_text(place, db, outcome, "closed"),
                "known ok 1,quoted ok 1,unknown error unrouted,refusing error refused,"
                "failing error server");
    assert_text(sql_text(place, db, outcome, "open"),
                "known ok 1,quoted ok 1,unknown ok 1,refusing ok 1,failing error server");
    assert_contains(sql_text(place, db, "SELECT message FROM cell WHERE reason = 'unrouted'"),
                    "Zebra");
    check_identities(db);
}

static const char truncated[] =
    "dataset: {samples: [{id: s, q: hello, expected: hello}]}\n"
    "models: {small: {provider: openai, model: m}}\n"
    "defaults: {model: small, max_tokens: 2}\n"
    "variants:\n"
    "  text: {call: {prompt: {user: 'Say {{q}}'}}}\n"
    "  shaped: {call: {prompt: {user: 'Say {{q}}'}, schema: {type: object, required: [n], "
    "properties: {n: {type: integer}}}}}\n"
    "score: {any: {min-words: 1}}\n"
    "mock: {rules: {all: {reply: '{\"one\": 2, \"three\": 4, \"five\": 6, \"seven\": 8}'}}}\n";

/* Protects the two meanings of an answer that ends at max_tokens: without a schema it is a text,
 * marked; with one it is kind schema. */
static void an_answer_cut_at_max_tokens(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", truncated);
    const char *db = run_good(place, "experiment.yaml", "--mock", NULL).db;
    assert_int_equal(
        sql_int(db, "SELECT count(*) FROM call WHERE truncated AND finish = 'length'"), 2);
    assert_text(
        sql_text(place, db, "SELECT status FROM cell_named WHERE variant_name = 'text'"), "ok");
    assert_contains(
        sql_text(place, db, "SELECT note FROM step_named WHERE variant_name = 'text'"),
        "truncated");
    assert_text(
        sql_text(place, db, "SELECT reason FROM cell_named WHERE variant_name = 'shaped'"),
        "schema");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(every_bad_reply_is_an_outcome),
        e2e_test(a_reask_mends_a_reply),
        e2e_test(a_label_nobody_knows),
        e2e_test(an_answer_cut_at_max_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
