/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * regex.c: the only file that includes PCRE2 (see regex.h).
 *
 * A compiled pattern is read only and shared by threads. What a match needs beside it (limits,
 * the JIT's stack, room for offsets) belongs to the thread, is made at its first match and goes
 * with the thread; so a match allocates nothing, and the JIT never runs on a fiber's stack.
 * Memory comes from base/mem.h, so running out of it is not an answer here.
 *
 * Patterns in JSON Schema's dialect are rewritten first (regex_ecma.c).
 */
#include "base/regex.h"

#include "base/mem.h"
#include "base/regex_ecma.h"
#include "base/text.h"

#include <pthread.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    /* A pattern is written by hand. */
    PATTERN_BYTES = 64 * 1024,
    /* Steps that one match may take in all; some 8 ns each with JIT. */
    STEPS_IN_ALL = 100 * 1000 * 1000,
    /* Steps from one starting place (PCRE2 counts them anew at each). */
    STEPS_FROM_ONE = 3 * 1000 * 1000,
    STEPS_LEAST = 100,
    /* Without JIT: nested steps, and their memory in KiB. */
    MATCH_DEPTH = 1000 * 1000,
    MATCH_HEAP_KIB = 64 * 1024,
    /* The JIT's stack grows up to this; only what is touched is memory. */
    JIT_STACK_FIRST = 32 * 1024,
    JIT_STACK_MOST = 16 * 1024 * 1024,
};

struct regex {
    pcre2_code *code;
    unsigned flags;
    bool compiled;   /* to machine code */
    uint32_t groups; /* capturing, without the whole match */
};

/* ---- what a thread keeps for matching ---- */

struct matcher {
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* NULL where PCRE2 has no JIT */
    pcre2_match_data *data;
    uint32_t pairs; /* room in data */
    bool no_room;   /* the last limit was of stack or heap: more steps would not help */
};

static _Thread_local struct matcher *thread_matcher;
static pthread_key_t matcher_key;

static void *heap_alloc(PCRE2_SIZE size, void *unused)
{
    (void)unused;
    return xmalloc(size);
}

static void heap_free(void *memory, void *unused)
{
    (void)unused;
    xfree(memory);
}

static pcre2_general_context *heap;

static void matcher_free(void *object)
{
    struct matcher *matcher = object;
    pcre2_match_data_free(matcher->data);
    pcre2_jit_stack_free(matcher->stack);
    pcre2_match_context_free(matcher->context);
    xfree(matcher);
}

static void make_shared(void)
{
    heap = pcre2_general_context_create(heap_alloc, heap_free, NULL);
    pthread_key_create(&matcher_key, matcher_free);
}

static pcre2_general_context *shared_heap(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_shared);
    return heap;
}

/* This thread's matcher with room for `pairs` pairs of offsets. */
static struct matcher *matcher_for(uint32_t pairs)
{
    struct matcher *matcher = thread_matcher;
    if (!matcher) {
        matcher = xcalloc(1, sizeof *matcher);
        matcher->context = pcre2_match_context_create(shared_heap());
        pcre2_set_depth_limit(matcher->context, MATCH_DEPTH);
        pcre2_set_heap_limit(matcher->context, MATCH_HEAP_KIB);
        matcher->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, heap);
        if (matcher->stack)
            pcre2_jit_stack_assign(matcher->context, NULL, matcher->stack);
        pthread_setspecific(matcher_key, matcher);
        thread_matcher = matcher;
    }
    if (matcher->pairs < pairs) {
        pcre2_match_data_free(matcher->data);
        matcher->data = pcre2_match_data_create(pairs, heap);
        matcher->pairs = pairs;
    }
    return matcher;
}

/* ---- compiling ---- */

static uint32_t compile_options(unsigned flags)
{
    uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
    if (flags & REGEX_UTF)
        options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    if ((flags & REGEX_UTF) && !(flags & REGEX_ECMA))
        options |= PCRE2_UCP;
    if (flags & REGEX_NO_CASE)
        options |= PCRE2_CASELESS;
    if (flags & REGEX_DOT_ALL)
        options |= PCRE2_DOTALL;
    if (flags & REGEX_ECMA)
        options |= PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF;
    return options;
}

static void end_code(void *code)
{
    pcre2_code_free(code);
}

static pcre2_code *compile(struct arena *arena, str pattern, unsigned flags, str *what,
                           size_t *at)
{
    pcre2_compile_context *context = pcre2_compile_context_create(shared_heap());
    pcre2_set_max_pattern_length(context, PATTERN_BYTES);
    int error;
    PCRE2_SIZE offset = 0;
    const char *text = pattern.n ? pattern.p : "";
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, pattern.n, compile_options(flags),
                                     &error, &offset, context);
    pcre2_compile_context_free(context);
    if (!code) {
        char message[256] = "";
        pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
        *what = arena_str(arena, str_from(message));
        *at = offset;
    }
    return code;
}

static pcre2_code *compile_ecma(struct arena *arena, str pattern, unsigned flags, str *what,
                                size_t *at)
{
    struct ecma ecma = {.pattern = pattern};
    pcre2_code *code = NULL;
    if (ecma_translate(&ecma)) {
        code = compile(arena, buf_str(&ecma.out), flags, what, at);
        /* translated once more, up to the fault, to know its place in the pattern as written */
        struct ecma again = {.pattern = pattern, .stop = *at};
        if (!code && *at > 0) {
            ecma_translate(&again);
            *at = again.at;
        }
        buf_release(&again.out);
    } else {
        *what = str_from(ecma.what);
        *at = ecma.at;
    }
    buf_release(&ecma.out);
    return code;
}

const struct regex *regex_new(struct arena *arena, str pattern, unsigned flags, str *what,
                              size_t *at)
{
    *at = 0;
    pcre2_code *code = flags & REGEX_ECMA ? compile_ecma(arena, pattern, flags, what, at)
                                          : compile(arena, pattern, flags, what, at);
    if (!code)
        return NULL;
    arena_on_end(arena, end_code, code);
    struct regex *regex = arena_new(arena, struct regex);
    regex->code = code;
    regex->flags = flags;
    /* Where there is no JIT the pattern is interpreted: slower, same answers. */
    regex->compiled = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &regex->groups);
    return regex;
}

/* ---- matching ---- */

/* A match that begins in from..last, with at most `steps` from each place. */
static enum regex_result try_once(const struct regex *regex, struct matcher *matcher,
                                  str subject, size_t from, size_t last, uint32_t options,
                                  uint32_t steps)
{
    const char *text = subject.n ? subject.p : "";
    pcre2_set_match_limit(matcher->context, steps);
    pcre2_set_offset_limit(matcher->context, last);
    int (*match)(const pcre2_code *, PCRE2_SPTR, PCRE2_SIZE, PCRE2_SIZE, uint32_t,
                 pcre2_match_data *, pcre2_match_context *) =
        regex->compiled ? pcre2_jit_match : pcre2_match;
    int found = match(regex->code, (PCRE2_SPTR)text, subject.n, from, options, matcher->data,
                      matcher->context);
    if (found >= 0)
        return REGEX_YES;
    matcher->no_room = found != PCRE2_ERROR_MATCHLIMIT;
    return found == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_LIMIT;
}

/* Place by place, each with more and more steps until it is decided. What a place takes is
 * charged to the whole; only the first, small, trial is free. Neighbours tend to take alike, so a
 * place begins near what the one before it took. */
static enum regex_result try_places(const struct regex *regex, struct matcher *matcher,
                                    str subject, size_t from, uint32_t options)
{
    uint32_t left = STEPS_IN_ALL, usual = STEPS_LEAST;
    for (size_t at = from, length = 1; at <= subject.n; at += length) {
        enum regex_result result =
            try_once(regex, matcher, subject, at, at, options, STEPS_LEAST);
        for (uint32_t steps = usual; result == REGEX_LIMIT; steps *= 2) {
            if (matcher->no_room || steps > left || steps > STEPS_FROM_ONE)
                return REGEX_LIMIT;
            left -= steps;
            result = try_once(regex, matcher, subject, at, at, options, steps);
            usual = steps > 2 * STEPS_LEAST ? steps / 2 : STEPS_LEAST;
        }
        if (result != REGEX_NO)
            return result;
        if ((regex->flags & REGEX_UTF) && at < subject.n)
            utf8_decode(subject, at, &length);
    }
    return REGEX_NO;
}

/* Nearly every match is decided by the first trial, in which no place may take more than its
 * share of the steps. A few places may need much more than others, so its limit is no answer. */
static enum regex_result run(const struct regex *regex, struct matcher *matcher, str subject,
                             size_t from, uint32_t options)
{
    size_t share = STEPS_IN_ALL / (subject.n - from + 1);
    uint32_t steps = share > STEPS_FROM_ONE ? STEPS_FROM_ONE
                     : share > STEPS_LEAST  ? (uint32_t)share
                                            : STEPS_LEAST;
    enum regex_result result =
        try_once(regex, matcher, subject, from, PCRE2_UNSET, options, steps);
    if (result != REGEX_LIMIT || matcher->no_room || steps == STEPS_FROM_ONE)
        return result;
    return try_places(regex, matcher, subject, from, options);
}

enum regex_result regex_find(const struct regex *regex, str subject)
{
    return run(regex, matcher_for(1), subject, 0, 0);
}

struct name_table {
    uint32_t count, size;
    PCRE2_SPTR entry;
};

static struct name_table name_table(const struct regex *regex)
{
    struct name_table table = {0};
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMECOUNT, &table.count);
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMEENTRYSIZE, &table.size);
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &table.entry);
    return table;
}

/* An entry is the group's number in two bytes, high one first, and its name with a NUL. */
static str name_at(const struct name_table *table, uint32_t i, uint32_t *group)
{
    PCRE2_SPTR entry = table->entry + i * table->size;
    *group = (uint32_t)entry[0] << 8 | entry[1];
    return str_from((const char *)entry + 2);
}

enum regex_result regex_match(const struct regex *regex, struct arena *arena, str subject,
                              struct regex_group **groups, size_t *count)
{
    struct matcher *matcher = matcher_for(regex->groups + 1);
    *groups = NULL;
    *count = 0;
    enum regex_result result = run(regex, matcher, subject, 0, 0);
    if (result != REGEX_YES)
        return result;
    const PCRE2_SIZE *offset = pcre2_get_ovector_pointer(matcher->data);
    struct regex_group *group = arena_array(arena, struct regex_group, regex->groups + 1);
    for (uint32_t i = 0; i <= regex->groups; i++) {
        group[i].set = offset[2 * i] != PCRE2_UNSET;
        if (group[i].set)
            group[i].text = str_sub(subject, offset[2 * i], offset[2 * i + 1]);
    }
    struct name_table table = name_table(regex);
    for (uint32_t i = 0; i < table.count; i++) {
        uint32_t number;
        str name = name_at(&table, i, &number);
        group[number].name = arena_str(arena, name);
    }
    *groups = group;
    *count = regex->groups + 1;
    return REGEX_YES;
}

size_t regex_count(const struct regex *regex, str subject, size_t most)
{
    struct matcher *matcher = matcher_for(1);
    size_t count = 0, from = 0;
    uint32_t options = 0;
    while (count < most && from <= subject.n) {
        enum regex_result result = run(regex, matcher, subject, from, options);
        if (result != REGEX_YES)
            break;
        const PCRE2_SIZE *offset = pcre2_get_ovector_pointer(matcher->data);
        if (options && offset[1] <= from)
            break; /* \K before the match: no way forward */
        count++;
        /* behind an empty match the next one is longer or begins later */
        options = offset[1] <= offset[0] ? PCRE2_NOTEMPTY_ATSTART : 0;
        from = offset[1] > from ? offset[1] : from;
    }
    return count;
}

str *regex_names(const struct regex *regex, struct arena *arena, size_t *count)
{
    struct name_table table = name_table(regex);
    str *names = arena_array(arena, str, table.count);
    for (uint32_t i = 0; i < table.count; i++) {
        uint32_t group;
        names[i] = arena_str(arena, name_at(&table, i, &group));
    }
    *count = table.count;
    return names;
}
