/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * webhook.c: the exchange with a server that grades (see ask_inside.h).
 *
 * It is no call of a model: it takes no permit, is not tried again and not stored, and a resume of the
 * cell asks anew. A server that cannot be reached or says no has not graded, which is no 0 for the
 * value. Nothing but the value, what was expected and the inputs is sent; no key, no header of
 * a provider. A run from a cassette asks nobody.
 */
#include "score/ask_inside.h"

#include "io/http.h"
#include "llm/client.h"
#include "llm/tape.h"
#include "run/run.h"

#define WEBHOOK_TIMEOUT_NS (10 * NS_PER_S)
enum { WEBHOOK_REPLY_BYTES = 1000000 };

static int fail(struct cell *cell, struct check_answer *answer, str why)
{
    answer->failed = true;
    answer->reason = arena_printf(cell->arena, "the webhook failed: %.*s", STR_ARG(why));
    return 0;
}

int fiber_fn webhook_ask(struct cell *cell, struct score_question *question)
{
    static const str header = STR_INIT("Content-Type: application/json");
    struct check_answer *answer = &question->answer;
    if (llm_tape_is_offline(cell->run->options->tape))
        return fail(cell, answer, STR("a run from a cassette asks nobody"));
    const struct http_request request = {
        .url = question->asked.operand,
        .headers = &header,
        .header_count = 1,
        .body = question->asked.value,
        .arena = cell->arena,
        .timeout_ns = WEBHOOK_TIMEOUT_NS,
        .reply_limit = WEBHOOK_REPLY_BYTES,
    };
    struct http_reply reply;
    if (http_send(llm_client_http(cell->run->client), &request, &reply) < 0)
        return -1;
    if (reply.outcome != HTTP_OK)
        return fail(cell, answer, reply.error);
    if (reply.status < 200 || reply.status > 299)
        return fail(cell, answer, arena_printf(cell->arena, "status %d", reply.status));
    answer->said = reply.body.n ? reply.body : STR(" ");
    return 0;
}
