/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_chat_stream.c: a Chat Completions reply as events.
 *
 * A chunk for the role, one for every token, one for the reason it ended; then, if asked for, the
 * usage, and "[DONE]". Chunks of several choices interleave: the choice that has had the fewest
 * tokens is next. All chunks begin with the same bytes, which are made once.
 */
#include "mock_server/dialect.h"
#include "mock_server/openai_chat.h"
#include "mock_server/stream.h"

/* How far a choice has come. */
struct progress {
    int64_t tokens; /* out so far, with those of reasoning */
    int64_t text;   /* tokens of the text */
    size_t use;     /* call in hand */
    int64_t piece;  /* tokens of its arguments; -1: its name has not been told */
    bool begun, done;
};

struct telling {
    struct stream *stream;
    const struct request *request;
    const struct reply *reply;
    struct progress *progress;
    str begin; /* of every chunk */
    uint64_t chunks;
};

/* ---- chunks ---- */

/* Random text of random length hides from listeners how long the tokens are. */
static void write_padding(struct telling *t)
{
    if (!t->request->stream_padding)
        return;
    struct rng_key key = rng_mix_int(t->reply->ids, t->chunks++);
    buf_add_str(t->stream->out, STR(",\"obfuscation\":\""));
    write_id(t->stream->out, key, "obfuscation", 2 + (size_t)(key.k0 % 15));
    buf_add_char(t->stream->out, '"');
}

static void end_chunk(struct telling *t, enum event_kind kind, int64_t tokens)
{
    if (t->request->stream_usage && kind != EVENT_USAGE)
        buf_add_str(t->stream->out, STR(",\"usage\":null"));
    write_padding(t);
    buf_add_str(t->stream->out, STR("}\n\n"));
    stream_add(t->stream, kind, tokens);
}

/* Up to the delta, which the caller writes. */
static struct buf *begin_delta(struct telling *t, size_t choice)
{
    struct buf *out = t->stream->out;
    buf_add_str(out, t->begin);
    buf_add_str(out, STR(",\"choices\":[{\"index\":"));
    write_int(out, (int64_t)choice);
    buf_add_str(out, STR(",\"delta\":"));
    return out;
}

/* Behind the delta; log probabilities of the text's tokens from first to end. */
static void end_delta(struct telling *t, size_t choice, int64_t first, int64_t end,
                      enum event_kind kind)
{
    struct buf *out = t->stream->out;
    buf_add_str(out, STR(",\"logprobs\":"));
    openai_chat_write_logprobs(out, t->request, t->reply, choice, first, end);
    buf_add_str(out, STR(",\"finish_reason\":"));
    if (kind == EVENT_FINISH) {
        buf_add_char(out, '"');
        buf_add_str(out, openai_chat_finish(t->reply->choice[choice].finish));
        buf_add_char(out, '"');
    } else {
        buf_add_str(out, STR("null"));
    }
    buf_add_str(out, STR("}]"));
    end_chunk(t, kind, t->progress[choice].tokens);
}

/* ---- the chunks of a choice ---- */

static void write_call_begin(struct telling *t, size_t choice, size_t use)
{
    struct buf *out = t->stream->out;
    buf_add_str(out, STR("\"tool_calls\":[{\"index\":"));
    write_int(out, (int64_t)use);
    buf_add_char(out, ',');
    openai_chat_write_call(out, t->request, t->reply, choice, use, STR(""));
    buf_add_str(out, STR("}]"));
}

/* Begins the call in hand, or goes on to the next. */
static void take_name(struct telling *t, size_t choice)
{
    struct progress *at = &t->progress[choice];
    at->tokens += token_count(t->reply->choice[choice].use[at->use].name);
    at->piece = 0;
}

/* The role; of a reply that begins with a call also its name. */
static void tell_begin(struct telling *t, size_t choice)
{
    const struct choice *of = &t->reply->choice[choice];
    struct progress *at = &t->progress[choice];
    bool call = of->kind == CHOICE_TOOL && of->text.n == 0 && of->uses;
    struct buf *out = begin_delta(t, choice);
    at->begun = true;
    at->piece = -1;
    at->tokens = of->reasoning_tokens;
    buf_add_str(out, call || of->kind == CHOICE_REFUSAL
                         ? STR("{\"role\":\"assistant\",\"content\":null,")
                         : STR("{\"role\":\"assistant\",\"content\":\"\","));
    if (call) {
        take_name(t, choice);
        write_call_begin(t, choice, 0);
        buf_add_char(out, ',');
    }
    buf_add_str(out, of->kind == CHOICE_REFUSAL ? STR("\"refusal\":\"\"}")
                                                : STR("\"refusal\":null}"));
    end_delta(t, choice, 0, 0, call ? EVENT_TOKEN : EVENT_OPENING);
}

static void tell_text(struct telling *t, size_t choice, str piece)
{
    const struct choice *of = &t->reply->choice[choice];
    struct progress *at = &t->progress[choice];
    struct buf *out = begin_delta(t, choice);
    buf_add_str(out, of->kind == CHOICE_REFUSAL ? STR("{\"refusal\":") : STR("{\"content\":"));
    json_write_text(out, piece);
    buf_add_char(out, '}');
    end_delta(t, choice, at->text - 1, at->text, EVENT_TOKEN);
}

static void tell_name(struct telling *t, size_t choice)
{
    struct buf *out = begin_delta(t, choice);
    buf_add_char(out, '{');
    take_name(t, choice);
    write_call_begin(t, choice, t->progress[choice].use);
    buf_add_char(out, '}');
    end_delta(t, choice, 0, 0, EVENT_TOKEN);
}

static void tell_arguments(struct telling *t, size_t choice, str piece, bool custom)
{
    struct buf *out = begin_delta(t, choice);
    buf_add_str(out, STR("{\"tool_calls\":[{\"index\":"));
    write_int(out, (int64_t)t->progress[choice].use);
    buf_add_str(out,
                custom ? STR(",\"custom\":{\"input\":") : STR(",\"function\":{\"arguments\":"));
    json_write_text(out, piece);
    buf_add_str(out, STR("}}]}"));
    end_delta(t, choice, 0, 0, EVENT_TOKEN);
}

/* The choice's next token; false when there is none left. */
static bool tell_next(struct telling *t, size_t choice)
{
    const struct choice *of = &t->reply->choice[choice];
    struct progress *at = &t->progress[choice];
    if (at->text < token_count(of->text)) {
        str piece = token_piece(of->text, at->text++);
        at->tokens++;
        if (piece.n)
            tell_text(t, choice, piece);
        return true;
    }
    if (at->use >= of->uses)
        return false;
    const struct tool_use *use = &of->use[at->use];
    if (at->piece < 0) {
        tell_name(t, choice);
        return true;
    }
    if (at->piece < token_count(use->arguments)) {
        str piece = token_piece(use->arguments, at->piece++);
        at->tokens++;
        if (piece.n)
            tell_arguments(t, choice, piece, openai_chat_is_custom(t->request, use->name));
        return true;
    }
    at->use++;
    at->piece = -1;
    return true;
}

/* ---- the whole ---- */

/* The choice that is next; all of them when none is left. */
static size_t behind_most(const struct telling *t)
{
    size_t found = t->reply->choices;
    for (size_t i = 0; i < t->reply->choices; i++)
        if (!t->progress[i].done &&
            (found == t->reply->choices || t->progress[i].tokens < t->progress[found].tokens))
            found = i;
    return found;
}

static void tell_usage(struct telling *t)
{
    struct buf *out = t->stream->out;
    buf_add_str(out, t->begin);
    buf_add_str(out, STR(",\"choices\":[],\"usage\":"));
    openai_chat_write_usage(out, t->request, t->reply);
    end_chunk(t, EVENT_USAGE, t->reply->output_tokens);
}

static str chunk_begin(struct arena *arena, const struct reply *reply)
{
    struct buf begin = {0};
    buf_add_str(&begin, STR("data: "));
    openai_chat_write_begin(&begin, reply, STR("chat.completion.chunk"));
    str copy = arena_str(arena, buf_str(&begin));
    buf_release(&begin);
    return copy;
}

void openai_chat_write_stream(struct stream *stream, const struct request *request,
                              const struct reply *reply)
{
    struct telling t = {.stream = stream, .request = request, .reply = reply};
    t.progress = arena_array(stream->arena, struct progress, reply->choices);
    t.begin = chunk_begin(stream->arena, reply);
    for (size_t i = 0; i < reply->choices; i++)
        tell_begin(&t, i);
    for (size_t i; (i = behind_most(&t)) < reply->choices;)
        t.progress[i].done = !tell_next(&t, i);
    for (size_t i = 0; i < reply->choices; i++) {
        begin_delta(&t, i);
        buf_add_str(stream->out, STR("{}"));
        end_delta(&t, i, 0, 0, EVENT_FINISH);
    }
    if (request->stream_usage)
        tell_usage(&t);
    buf_add_str(stream->out, STR("data: [DONE]\n\n"));
    stream_add(stream, EVENT_END, reply->output_tokens);
}

void openai_chat_write_stream_error(struct stream *stream, const struct request *request,
                                    const struct trouble *trouble)
{
    const struct reply_head head = {0};
    buf_add_str(stream->out, STR("data: "));
    request->dialect->provider->write_error(stream->out, &head, trouble);
    buf_add_str(stream->out, STR("\n\n"));
    stream_add(stream, EVENT_FINISH, 0);
}
