/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * api.c: what every call of the library has in common: the caller's thread is taken over and given back,
 * errors become objects, texts leave.
 */
#include "api/inside.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static _Thread_local weir_warning_fn *listener;
static _Thread_local void *listener_arg;

const char *weir_version(void)
{
    return WEIR_VERSION;
}

int weir_version_number(void)
{
    return WEIR_VERSION_NUMBER;
}

void weir_free(char *text)
{
    xfree(text);
}

/* ---- the caller's thread ---- */

void weir_on_warning(weir_warning_fn *fn, void *arg)
{
    listener = fn;
    listener_arg = arg;
}

/* Threads that the call has started have no listener. */
static void hear(void *arg, enum log_level level, str text)
{
    struct api_call *call = arg;
    struct arena arena = {0};
    (void)level;
    if (!listener)
        return;
    api_leave(call);
    listener(listener_arg, arena_str(&arena, text).p);
    api_enter(call);
    arena_release(&arena);
}

void api_enter(struct api_call *call)
{
    call->locale = thread_enter_locale();
    call->sink = (struct log_sink){.say = hear, .arg = call};
    call->before = log_use_sink(&call->sink);
}

void api_leave(struct api_call *call)
{
    log_use_sink(call->before);
    thread_leave_locale(call->locale);
}

/* ---- texts ---- */

char *api_text(str text, size_t *length)
{
    char *copy = xmalloc(text.n + 1);
    if (text.n)
        memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    if (length)
        *length = text.n;
    return copy;
}

const char *api_shown(struct arena *arena, str text)
{
    return text.n ? arena_str(arena, text).p : NULL;
}

/* ---- errors ---- */

struct weir_error {
    struct arena arena;
    int status;
    const char *message;
    struct weir_problem *problem;
    size_t problems;
};

static struct weir_error *new_error(int status, str message, size_t problems)
{
    struct weir_error *error = xcalloc(1, sizeof *error);
    error->status = status;
    message = utf8_clean(&error->arena, secret_redact(&error->arena, message));
    error->message = arena_str(&error->arena, message).p; /* names of files may be anything */
    error->problem = arena_array(&error->arena, struct weir_problem, problems + 1);
    error->problems = problems;
    return error;
}

/* "unknown key 'promt'; did you mean 'prompt'?": what stands behind the semicolon. */
static const char *hint_of(const char *message)
{
    static const char *const words[] = {"; did you mean ", "; expected "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *found = strstr(message, words[i]);
        if (found)
            return found + 2;
    }
    return NULL;
}

int api_fail(struct weir_error **error, const struct err *err)
{
    if (err->kind == ERR_NONE || !error) {
        if (error)
            *error = NULL;
        return err_exit_code(err->kind);
    }
    struct weir_error *made = new_error(err_exit_code(err->kind), str_from(err->message), 1);
    made->problem[0] = (struct weir_problem){
        .message = made->message, .hint = hint_of(made->message), .shown = made->message};
    *error = made;
    return made->status;
}

int api_fail_mistakes(struct weir_error **error, struct mistakes *mistakes)
{
    if (!error)
        return WEIR_BAD_INPUT;
    struct mistake_told *told;
    size_t count = mistakes_tell(mistakes, &told);
    str message =
        count == 1 && mistakes->dropped == 0
            ? told[0].message
            : arena_printf(mistakes->arena, "%zu mistakes", count + mistakes->dropped);
    struct weir_error *made = new_error(WEIR_BAD_INPUT, message, count);
    for (size_t i = 0; i < count; i++) {
        struct weir_problem *problem = &made->problem[i];
        *problem = (struct weir_problem){
            .file = api_shown(&made->arena, told[i].path),
            .line = told[i].line,
            .column = told[i].col,
            .message = arena_str(&made->arena, told[i].message).p,
            .shown = arena_str(&made->arena, told[i].shown).p,
        };
        problem->hint = hint_of(problem->message);
    }
    *error = made;
    return made->status;
}

int weir_error_status(const struct weir_error *error)
{
    return error ? error->status : WEIR_FINE;
}

const char *weir_error_message(const struct weir_error *error)
{
    return error ? error->message : "";
}

size_t weir_error_problems(const struct weir_error *error)
{
    return error ? error->problems : 0;
}

const struct weir_problem *weir_error_problem(const struct weir_error *error, size_t i)
{
    return error && i < error->problems ? &error->problem[i] : NULL;
}

void weir_error_free(struct weir_error *error)
{
    if (!error)
        return;
    arena_release(&error->arena);
    xfree(error);
}
