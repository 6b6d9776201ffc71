/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_call.c: checks that look at what calls were like: how the last one ended, whether it was
 * refused, what all of them cost, how long they took. For scores alone: a workflow does not steer by
 * its own price or pace (it has budgets and limits for that).
 */
#include "plan/check_parts.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"

/* ---- refusals ---- */

/* What people and models say before they come to it. */
static const char *const fillers[] = {
    "i'm sorry",
    "i am sorry",
    "sorry",
    "i apologize",
    "i apologise",
    "my apologies",
    "apologies",
    "unfortunately",
    "i'm afraid",
    "i am afraid",
    "but",
    "however",
    "about that",
    "for that",
    "that",
    "as an ai language model",
    "as a language model",
    "as an ai assistant",
    "as an ai model",
    "as an ai",
    NULL,
};
static const char *const openers[] = {
    "i can't",
    "i cannot",
    "i can not",
    "i'm unable to",
    "i am unable to",
    "i'm not able to",
    "i am not able to",
    "i won't",
    "i will not",
    "i'm not allowed to",
    "i am not allowed to",
    "i refuse to",
    NULL,
};
/* "I can't wait" is none. */
static const char *const verbs[] = {
    "help",    "assist",      "provide",  "answer",   "comply",    "fulfill", "fulfil",
    "create",  "write",       "do",       "give",     "generate",  "share",   "support",
    "discuss", "offer",       "produce",  "make",     "tell",      "advise",  "respond",
    "engage",  "participate", "continue", "complete", "recommend", "say",     "process",
    "accept",  "reveal",      "explain",  "describe", "be",        NULL,
};
static const char *const whole[] = {
    "i must decline",
    "i have to decline",
    "i need to decline",
    "i respectfully decline",
    "i'd rather not",
    "i would rather not",
    "i don't feel comfortable",
    "i'm not comfortable",
    "i am not comfortable",
    "it's against my",
    "it is against my",
    "this goes against my",
    "that goes against my",
    "this request violates",
    "your request violates",
    "i'm just an ai",
    NULL,
};

/* Cuts off the first of the phrases that the text begins with, as whole words. */
static bool cut_phrase(str *text, const char *const *phrase)
{
    for (; *phrase; phrase++) {
        str words = str_from(*phrase);
        bool ends =
            text->n == words.n ||
            (text->n > words.n && !char_is_alnum(text->p[words.n]) && text->p[words.n] != '\'');
        if (!str_starts_with(*text, words) || !ends)
            continue;
        *text = str_sub(*text, words.n, text->n);
        return true;
    }
    return false;
}

static void cut_marks(str *text)
{
    while (text->n && !char_is_alnum(text->p[0]) && !((unsigned char)text->p[0] & 0x80))
        *text = str_sub(*text, 1, text->n);
}

enum { LOOKED_AT_BYTES = 400 }; /* a refusal says so at once */

/* Lower case, with straight apostrophes. */
static str opening_of(struct arena *arena, str text)
{
    struct buf plain = {0};
    str lower = text_lower(arena, str_sub(str_trim(text), 0, LOOKED_AT_BYTES));
    for (size_t at = 0, length; at < lower.n; at += length) {
        bool quote = utf8_decode(lower, at, &length) == 0x2019;
        buf_add_str(&plain, quote ? STR("'") : str_sub(lower, at, at + length));
    }
    str opening = arena_str(arena, buf_str(&plain));
    buf_release(&plain);
    return opening;
}

static bool reads_as_refusal(struct arena *arena, str text)
{
    str rest = opening_of(arena, text);
    do
        cut_marks(&rest);
    while (cut_phrase(&rest, fillers));
    if (cut_phrase(&rest, whole))
        return true;
    if (!cut_phrase(&rest, openers))
        return false;
    cut_marks(&rest);
    return cut_phrase(&rest, verbs);
}

void check_by_is_refusal(const struct check_subject *subject, struct check_result *result)
{
    bool refused = subject->use && subject->use->refused;
    if (refused || reads_as_refusal(subject->arena, json_text(subject->value)))
        check_yes(result);
    else
        check_no(subject, result, "no refusal: %.*s",
                 STR_ARG(value_shown(subject->arena, subject->value)));
}

/* ---- how the last call ended ---- */

static bool made_calls(const struct check_subject *subject, struct check_result *result)
{
    if (subject->use && subject->use->called)
        return true;
    check_unfit(subject, result, "no call was made");
    return false;
}

void check_by_finish_reason(const struct check_subject *subject, struct check_result *result)
{
    const char *wanted = subject->fixed;
    if (!made_calls(subject, result))
        return;
    const char *finish = subject->use->finish;
    if (!finish)
        check_unfit(subject, result, "the last call failed");
    else if (strcmp(finish, wanted) == 0)
        check_yes(result);
    else
        check_no(subject, result, "the last call ended by '%s'; expected '%s'", finish, wanted);
}

/* ---- what it took ---- */

/* A price that is not known is neither low nor high: the check fails and says so, unless what is
 * known is too much already. */
void check_by_cost(const struct check_subject *subject, struct check_result *result)
{
    const struct use_fixed *most = subject->fixed;
    const struct check_use *use = subject->use;
    bool above = use && use->cost_nanousd > most->cost;
    if (!above && (!use || use->unknown_cost_calls))
        check_unfit(subject, result, "the cost is not known: %lld of its calls have no price",
                    use ? (long long)use->unknown_cost_calls : 0);
    else if (!above)
        check_yes(result);
    else
        check_no(subject, result, "%.6g dollars; expected at most %.6g",
                 (double)use->cost_nanousd * USD_PER_NANO, (double)most->cost * USD_PER_NANO);
}

/* Of a cell that was interrupted a part of the time is lost: then nothing is said of it. */
void check_by_latency(const struct check_subject *subject, struct check_result *result)
{
    const struct use_fixed *most = subject->fixed;
    const struct check_use *use = subject->use;
    if (!use || use->latency_ns < 0)
        result->nothing_expected = true;
    else if (use->latency_ns <= most->latency)
        check_yes(result);
    else
        check_no(subject, result, "took %.3g s; expected at most %.3g s",
                 (double)use->latency_ns / NS_PER_S, (double)most->latency / NS_PER_S);
}
