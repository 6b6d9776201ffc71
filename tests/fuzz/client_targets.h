/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_targets.h: what weir reads of others: event streams, replies of providers in every
 * dialect, and experiment files.
 *
 * What must hold: how a network cuts a stream changes nothing that is read in it; a reply is read
 * to an outcome whose texts are UTF-8 and whose counts are known or -1, the same each time;
 * nothing behind the sign of the end counts; a file that is refused says why.
 */
#ifndef FUZZ_CLIENT_TARGETS_H
#define FUZZ_CLIENT_TARGETS_H

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "fuzz/client_seeds.h"
#include "fuzz/fuzz.h"
#include "llm/dialect.h"
#include "llm/embed.h"
#include "llm/stream.h"
#include "plan/experiment.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- event streams ---- */

static void check_folds(struct arena *arena, str text)
{
    str folded = llm_stream_fold(arena, text);
    FUZZ_MUST(str_equal(llm_stream_unfold(arena, folded), text));
    llm_stream_unfold(arena, text);
}

/* Every event of the whole text comes from a text that grows, too, in memory that moves. */
static void fuzz_sse(struct arena *arena, str input)
{
    static const size_t sizes[] = {1, 2, 3, 7, 16, 61};
    size_t size = sizes[fuzz_choose(&input, sizeof sizes / sizeof sizes[0])], came = 0;
    struct sse whole = {0}, growing = {0};
    struct sse_event event, again;
    char *bytes = xmalloc(0);
    while (sse_next(&whole, input, &event)) {
        FUZZ_MUST(event.data.n > 0 && event.end <= input.n);
        while (!sse_next(&growing, (str){bytes, came}, &again)) {
            FUZZ_MUST(came < input.n);
            came = came + size < input.n ? came + size : input.n;
            xfree(bytes);
            bytes = xmalloc(came);
            memcpy(bytes, input.p, came);
        }
        FUZZ_MUST(str_equal(event.name, again.name) && str_equal(event.data, again.data));
        FUZZ_MUST(event.end == again.end);
    }
    xfree(bytes);
    FUZZ_MUST(!sse_next(&growing, input, &again));
    FUZZ_MUST(sse_unfinished(&whole, input) == sse_unfinished(&growing, input));
    sse_release(&whole);
    sse_release(&growing);
    check_folds(arena, input);
}

/* ---- replies ---- */

static bool is_good_text(str text)
{
    return utf8_invalid_at(text) < 0;
}

static void check_usage(const struct llm_usage *usage)
{
    FUZZ_MUST(usage->input >= -1 && usage->output >= -1 && usage->reasoning >= -1);
    FUZZ_MUST(usage->cache_read >= -1 && usage->cache_write >= -1);
}

static void check_calls(struct arena *arena, const struct llm_decoded *decoded)
{
    for (size_t i = 0; i < decoded->tool_calls; i++) {
        const struct llm_tool_call *call = &decoded->tool_call[i];
        FUZZ_MUST(is_good_text(call->id) && is_good_text(call->name) &&
                  is_good_text(call->text));
        const json *parsed = json_parse(arena, call->text, NULL);
        FUZZ_MUST((parsed == NULL) == (call->arguments == NULL));
        FUZZ_MUST(!parsed || json_equal(parsed, call->arguments));
    }
    if (decoded->raw_turn)
        FUZZ_MUST(json_parse(arena, json_to_str(arena, decoded->raw_turn, JSON_COMPACT), NULL));
}

static void check_decoded(struct arena *arena, const struct llm_decoded *decoded)
{
    FUZZ_MUST(decoded->outcome == LLM_OK || decoded->outcome == LLM_TRANSPORT);
    FUZZ_MUST(decoded->outcome == LLM_OK || decoded->message.n > 0);
    FUZZ_MUST(decoded->finish <= LLM_FINISH_OTHER && decoded->retry_after_ns >= 0);
    FUZZ_MUST(decoded->error_status == 0 ||
              (decoded->error_status >= 400 && decoded->error_status < 600));
    FUZZ_MUST(is_good_text(decoded->text) && is_good_text(decoded->message));
    FUZZ_MUST(is_good_text(decoded->model) && is_good_text(decoded->fingerprint));
    check_usage(&decoded->usage);
    check_calls(arena, decoded);
}

static void check_same(const struct llm_decoded *a, const struct llm_decoded *b)
{
    FUZZ_MUST(a->outcome == b->outcome && a->finish == b->finish && a->cut == b->cut);
    FUZZ_MUST(str_equal(a->text, b->text) && str_equal(a->message, b->message));
    FUZZ_MUST(a->tool_calls == b->tool_calls && a->refused == b->refused);
    FUZZ_MUST(memcmp(&a->usage, &b->usage, sizeof a->usage) == 0);
}

/* One that has the schema of its output as a tool. */
static const struct llm_model *fuzz_model(void)
{
    static const struct llm_model model = {
        .name = STR_INIT("m"),
        .model = STR_INIT("m"),
        .capabilities = {.schema = LLM_SCHEMA_TOOL, .tools = true, .stream = true}};
    return &model;
}

static void take_output(struct arena *arena, struct llm_decoded *decoded)
{
    const struct llm_request request = {
        .model = fuzz_model(),
        .schema = jsonschema_new(arena, json_parse(arena, STR("{}"), NULL), NULL)};
    const struct llm_prepared prepared = {.schema_name = STR("output")};
    llm_take_output(&request, &prepared, decoded);
    FUZZ_MUST(is_good_text(decoded->text));
}

static void decode_body(const struct llm_dialect *dialect, struct arena *arena, str input)
{
    struct llm_decoded decoded = {0}, again = {0};
    dialect->decode(fuzz_model(), input, arena, &decoded);
    dialect->decode(fuzz_model(), input, arena, &again);
    check_decoded(arena, &decoded);
    check_same(&decoded, &again);
    FUZZ_MUST(!decoded.cut);
    take_output(arena, &decoded);
}

/* *end: of the last event that was looked at. */
static void decode_events(const struct llm_dialect *dialect, struct arena *arena, str input,
                          struct llm_decoded *decoded, size_t *end)
{
    struct llm_stream stream;
    llm_stream_init(&stream, input, NULL, 0);
    dialect->decode_stream(fuzz_model(), &stream, arena, decoded);
    *end = stream.end;
    FUZZ_MUST(*end <= input.n);
    llm_stream_release(&stream);
}

static void decode_stream(const struct llm_dialect *dialect, struct arena *arena, str input)
{
    struct llm_decoded decoded = {0}, again = {0};
    size_t end, same_end;
    decode_events(dialect, arena, input, &decoded, &end);
    check_decoded(arena, &decoded);
    if (!decoded.cut && !decoded.error_status) { /* an error may stand behind the last event */
        decode_events(dialect, arena, str_sub(input, 0, end), &again, &same_end);
        check_same(&decoded, &again);
        FUZZ_MUST(end == same_end);
    }
    take_output(arena, &decoded);
}

static void explain(const struct llm_dialect *dialect, struct arena *arena, str input)
{
    static const int statuses[] = {400, 401, 402, 403, 404, 429, 500, 529};
    struct llm_problem problem = {0};
    int status = statuses[fuzz_choose(&input, sizeof statuses / sizeof statuses[0])];
    dialect->explain(status, input, arena, &problem);
    FUZZ_MUST(problem.retry_after_ns >= -1 && is_good_text(problem.message));
}

/* A good one has a vector of numbers for each text. */
static void decode_vectors(const struct llm_dialect *dialect, struct arena *arena, str input)
{
    static const str texts[] = {STR_INIT("a"), STR_INIT("b")};
    const struct llm_request request = llm_embed_request(fuzz_model(), texts, 2);
    struct llm_decoded decoded = {0};
    dialect->embedding->decode(&request, input, arena, &decoded);
    check_decoded(arena, &decoded);
    if (decoded.outcome == LLM_OK)
        for (size_t i = 0; i < 2; i++)
            FUZZ_MUST(decoded.vector[i].count > 0 && decoded.vector[i].value != NULL);
}

/* The first character chooses what is read: a body, a stream, an error, vectors. */
static void fuzz_reply(const struct llm_dialect *dialect, struct arena *arena, str input)
{
    switch (fuzz_choose(&input, 4)) {
    case 0:
        decode_body(dialect, arena, input);
        break;
    case 1:
        decode_stream(dialect, arena, input);
        break;
    case 2:
        explain(dialect, arena, input);
        break;
    default:
        if (dialect->embedding)
            decode_vectors(dialect, arena, input);
        break;
    }
}

static void fuzz_reply_chat(struct arena *arena, str input)
{
    fuzz_reply(&llm_dialect_openai_chat, arena, input);
}

static void fuzz_reply_responses(struct arena *arena, str input)
{
    fuzz_reply(&llm_dialect_openai_responses, arena, input);
}

static void fuzz_reply_anthropic(struct arena *arena, str input)
{
    fuzz_reply(&llm_dialect_anthropic_messages, arena, input);
}

static void fuzz_reply_gemini(struct arena *arena, str input)
{
    fuzz_reply(&llm_dialect_gemini, arena, input);
}

/* All vectors but Gemini's. */
static void fuzz_reply_embeddings(struct arena *arena, str input)
{
    decode_vectors(&llm_dialect_openai_embeddings, arena, input);
}

/* ---- experiment files ---- */

static const struct {
    const char *path, *text;
} beside[] = {
    {"data.jsonl", "{\"id\":1,\"q\":\"a\",\"l\":[1,2],\"expected\":{\"x\":\"y\"}}\n"
                   "{\"id\":2,\"q\":\"b\",\"l\":[],\"expected\":{\"x\":\"z\"}}\n"},
    {"prompts/p.md", "system: Be brief.\n---\n{{q}} {{l | json}}\n"},
    {"schemas/s.json",
     "{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"string\"},\"questions\":{\"type\":"
     "\"array\",\"items\":{\"type\":\"string\"}},\"sources\":{\"type\":\"array\",\"items\":{"
     "\"type\":\"string\"}},\"faqs\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
     "\"properties\":{\"question\":{\"type\":\"string\"},\"sources\":{\"type\":\"array\","
     "\"items\":{\"type\":\"string\"}}},\"required\":[\"question\",\"sources\"]}}},"
     "\"required\":[\"x\",\"questions\",\"sources\",\"faqs\"]}"},
};
enum { BESIDE = sizeof beside / sizeof beside[0] };
static char experiment_folder[] = "/tmp/weir-fuzz-XXXXXX";

static str path_there(struct arena *arena, const char *name)
{
    return arena_printf(arena, "%s/%s", experiment_folder, name);
}

static void put_file(str path, str text)
{
    FILE *file = fopen(path.p, "w");
    FUZZ_MUST(file && fwrite(text.p, 1, text.n, file) == text.n);
    fclose(file);
}

static void remove_folder(void)
{
    static const char *const made[] = {"x.yaml", "prompts", "schemas", ""};
    struct arena arena = {0};
    for (size_t i = 0; i < BESIDE; i++)
        remove(path_there(&arena, beside[i].path).p);
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        remove(path_there(&arena, made[i]).p);
    arena_release(&arena);
}

/* What experiments name, in a folder of its own. */
static void make_folder(struct arena *arena)
{
    static bool made;
    if (made)
        return;
    made = pattern_table[0] != NULL; /* makes the linker take the patterns, too */
    FUZZ_MUST(mkdtemp(experiment_folder) != NULL);
    FUZZ_MUST(mkdir(path_there(arena, "prompts").p, 0700) == 0);
    FUZZ_MUST(mkdir(path_there(arena, "schemas").p, 0700) == 0);
    for (size_t i = 0; i < BESIDE; i++)
        put_file(path_there(arena, beside[i].path), str_from(beside[i].text));
    atexit(remove_folder);
}

static void check_experiment(struct arena *arena, const struct experiment *experiment)
{
    str effective = json_to_str(arena, experiment->effective, JSON_COMPACT);
    const json *back = json_parse(arena, effective, NULL);
    FUZZ_MUST(back && json_equal(back, experiment->effective));
    FUZZ_MUST(experiment->variants > 0 && experiment->baseline < experiment->variants);
    for (size_t i = 0; i < experiment->variants; i++)
        FUZZ_MUST(experiment->variant[i].root && experiment->variant[i].name.n > 0);
}

static void fuzz_experiment(struct arena *arena, str input)
{
    struct mistakes mistakes;
    make_folder(arena);
    str path = path_there(arena, "x.yaml");
    put_file(path, input);
    mistakes_init(&mistakes, arena);
    const struct experiment *experiment = experiment_read(arena, path, NULL, &mistakes);
    str said = mistakes_text(&mistakes);
    FUZZ_MUST((experiment == NULL) == (mistakes.count > 0) && utf8_invalid_at(said) < 0);
    if (experiment)
        check_experiment(arena, experiment);
    secret_clear();
}

/* ---- all of them ---- */

static const struct fuzz_target fuzz_targets[] = {
    {"sse", fuzz_sse, sse_seeds, event_words},
    {"reply-openai-chat", fuzz_reply_chat, chat_seeds, reply_words},
    {"reply-openai-responses", fuzz_reply_responses, responses_seeds, reply_words},
    {"reply-anthropic", fuzz_reply_anthropic, anthropic_seeds, reply_words},
    {"reply-gemini", fuzz_reply_gemini, gemini_seeds, reply_words},
    {"reply-embeddings", fuzz_reply_embeddings, embeddings_seeds, reply_words},
    {"experiment", fuzz_experiment, experiment_seeds, experiment_words},
};

#endif
