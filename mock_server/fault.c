/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fault.c: reading and drawing faults (see fault.h). What each does to a reply is respond.c's and
 * stream_fault.c's.
 */
#include "mock_server/fault.h"

static const char *const hang_points[] = {"headers", "body", NULL};
static const char *const reset_points[] = {"headers", "body", "stream", NULL};
static const char *const cuts[] = {"utf8", "string", "before_usage", "before_end", NULL};
static const char *const lengths[] = {"short", "long", NULL};
static const char *const frames[] = {"double", "swap",     "join", "split",
                                     "crlf",   "comments", NULL};

struct fault_spec {
    int64_t status;
    bool empty, wrong_type, bad_json;
    int hang, reset, wrong_length, cut, frames;
    int64_t drip, error_event, error_status;
    bool error_status_given;
    double share;
    struct when when;
    const struct yaml *attempts;
    int64_t begin, length;
    bool begin_given, length_given;
    int64_t retry_after;
    bool quota, html, fin;
};

static int attempts_check(struct opt_parse *parse, const struct yaml *value, void *field)
{
    if (value->kind != YAML_LIST || value->count == 0)
        return mistake_add(parse->mistakes, value->place,
                           "attempts is %s; expected a list of integers",
                           value_shown(parse->arena, value));
    for (size_t i = 0; i < value->count; i++) {
        int64_t attempt;
        const struct yaml *item = value->item[i];
        if (item->kind != YAML_NUMBER || !str_to_int(item->text, &attempt) || attempt < 1)
            return mistake_add(parse->mistakes, item->place,
                               "expected the number of an attempt; 1 is the first");
    }
    *(const struct yaml **)field = value;
    return 0;
}

/* clang-format off */
const struct opt fault_options[] = {
    OPT_INT(fault_spec, status, .min = 400, .max = 599, .help = "this status with the provider's error body"),
    OPT_BOOL(fault_spec, empty, .form = "{const: true}", .help = "an empty 200"),
    OPT_BOOL(fault_spec, wrong_type, .form = "{const: true}", .help = "HTML as content type"),
    OPT_BOOL(fault_spec, bad_json, .form = "{const: true}", .help = "the JSON is cut short"),
    OPT_CHOICE(fault_spec, hang, .choices = hang_points, .help = "silence until the client gives up"),
    OPT_DURATION(fault_spec, drip, .help = "a byte of the body per that time"),
    OPT_CHOICE(fault_spec, reset, .choices = reset_points, .help = "RST there; with fin: true a clean close"),
    OPT_CHOICE(fault_spec, wrong_length, .choices = lengths, .help = "Content-Length says less or more than is sent"),
    OPT_CHOICE(fault_spec, cut, .choices = cuts, .help = "the stream ends there"),
    OPT_INT(fault_spec, error_event, .min = 0, .max = 1000000, .help = "an error event after that many tokens of a stream"),
    OPT_CHOICE(fault_spec, frames, .choices = frames, .help = "unusual framing of a stream's events"),
    OPT_SHARE(fault_spec, share, .fallback = "1", .help = "chance per attempt"),
    OPT_CUSTOM(fault_spec, when, .custom = when_read, .word = "mapping", .form = "{$ref: '#/$defs/when'}", .help = "which requests, as in rules"),
    OPT_CUSTOM(fault_spec, attempts, .custom = attempts_check, .word = "list of integers", .form = "{type: array, minItems: 1, items: {type: integer, minimum: 1}}", .help = "only these attempts; 1 is the first"),
    {.key = "from", .type = OPT_TYPE_DURATION, .offset = offsetof(struct fault_spec, begin), OPT_GIVEN(fault_spec, begin_given), .help = "only from that time of the server on"},
    {.key = "for", .type = OPT_TYPE_DURATION, .offset = offsetof(struct fault_spec, length), OPT_GIVEN(fault_spec, length_given), .help = "only for that long (a brown-out)"},
    OPT_DURATION(fault_spec, retry_after, .help = "for 429 and 503, in the provider's form"),
    OPT_INT(fault_spec, error_status, .fallback = "500", .min = 400, .max = 599, OPT_GIVEN(fault_spec, error_status_given), .help = "the status that an error event stands for"),
    OPT_BOOL(fault_spec, quota, .help = "the 429 says that the quota is exhausted"),
    OPT_BOOL(fault_spec, html, .help = "a gateway's page in place of the provider's error"),
    OPT_BOOL(fault_spec, fin, .help = "closes cleanly in place of a reset"),
    OPT_END_FORM(
        "{oneOf: [{required: [status]}, {required: [empty]}, {required: [wrong_type]},"
        "  {required: [bad_json]}, {required: [hang]}, {required: [drip]}, {required: [reset]},"
        "  {required: [wrong_length]}, {required: [cut]}, {required: [error_event]},"
        "  {required: [frames]}],"
        " allOf: [{if: {properties: {quota: {const: true}}, required: [quota]},"
        " then: {properties: {status: {const: 429}}, required: [status]}},"
        " {if: {not: {required: [status]}},"
        " then: {properties: {html: {const: false}, retry_after: false}}},"
        " {if: {not: {required: [reset]}}, then: {properties: {fin: {const: false}}}},"
        " {if: {not: {required: [error_event]}}, then: {properties: {error_status: false}}}]}"),
};
/* clang-format on */

static const str kinds[FAULT_KINDS] = {
    [FAULT_STATUS] = STR_INIT("status"),
    [FAULT_EMPTY] = STR_INIT("empty"),
    [FAULT_WRONG_TYPE] = STR_INIT("wrong_type"),
    [FAULT_BAD_JSON] = STR_INIT("bad_json"),
    [FAULT_HANG] = STR_INIT("hang"),
    [FAULT_DRIP] = STR_INIT("drip"),
    [FAULT_RESET] = STR_INIT("reset"),
    [FAULT_WRONG_LENGTH] = STR_INIT("wrong_length"),
    [FAULT_CUT] = STR_INIT("cut"),
    [FAULT_ERROR_EVENT] = STR_INIT("error_event"),
    [FAULT_FRAMES] = STR_INIT("frames"),
};

static str fault_name(struct arena *arena, enum fault_kind kind, const struct fault_spec *spec)
{
    switch (kind) {
    case FAULT_STATUS:
        return arena_printf(arena, "%d%s", (int)spec->status, spec->quota ? " quota" : "");
    case FAULT_HANG:
        return arena_printf(arena, "hang %s", hang_points[spec->hang]);
    case FAULT_RESET:
        return arena_printf(arena, "reset %s", reset_points[spec->reset]);
    case FAULT_WRONG_LENGTH:
        return arena_printf(arena, "wrong_length %s", lengths[spec->wrong_length]);
    case FAULT_CUT:
        return arena_printf(arena, "cut %s", cuts[spec->cut]);
    case FAULT_FRAMES:
        return arena_printf(arena, "frames %s", frames[spec->frames]);
    default:
        return kinds[kind];
    }
}

static void read_attempts(struct arena *arena, const struct yaml *list, struct fault *fault)
{
    int64_t *attempt = arena_array(arena, int64_t, list->count);
    for (size_t i = 0; i < list->count; i++)
        str_to_int(list->item[i]->text, &attempt[i]);
    fault->attempt = attempt;
    fault->attempts = list->count;
}

static int check_flag(struct opt_parse *parse, const struct yaml *value, const char *key,
                      bool given, bool fits, const char *with)
{
    if (!given || fits)
        return 0;
    return mistake_add(parse->mistakes, yaml_pair_get(value, str_from(key))->key_place,
                       "'%s' goes only with %s", key, with);
}

static int check_flags(struct opt_parse *parse, const struct yaml *value, enum fault_kind kind,
                       const struct fault_spec *spec)
{
    bool status = kind == FAULT_STATUS;
    return check_flag(parse, value, "quota", spec->quota, status && spec->status == 429,
                      "status: 429") |
           check_flag(parse, value, "html", spec->html, status, "status") |
           check_flag(parse, value, "retry_after", spec->retry_after != 0, status, "status") |
           check_flag(parse, value, "fin", spec->fin, kind == FAULT_RESET, "reset") |
           check_flag(parse, value, "error_status", spec->error_status_given,
                      kind == FAULT_ERROR_EVENT, "error_event");
}

static int read_fault(struct opt_parse *parse, const struct yaml *value, struct fault *fault)
{
    struct fault_spec spec = {0};
    int kind = read_one_kind(parse, value, "fault", kinds, FAULT_KINDS);
    opt_defaults(fault_options, parse->arena, &spec);
    if (kind < 0 || opt_parse_mapping(parse, fault_options, value, "fault", NULL, &spec) < 0 ||
        check_flags(parse, value, (enum fault_kind)kind, &spec) < 0)
        return -1;
    if ((kind == FAULT_EMPTY && !spec.empty) ||
        (kind == FAULT_WRONG_TYPE && !spec.wrong_type) ||
        (kind == FAULT_BAD_JSON && !spec.bad_json))
        return mistake_add(parse->mistakes, yaml_get(value, kinds[kind])->place,
                           "'%.*s' is false; expected true, or no entry", STR_ARG(kinds[kind]));
    *fault = (struct fault){
        .kind = (enum fault_kind)kind,
        .name = fault_name(parse->arena, (enum fault_kind)kind, &spec),
        .status = kind == FAULT_ERROR_EVENT ? spec.error_status : spec.status,
        .point = (enum fault_point)(kind == FAULT_HANG ? spec.hang : spec.reset),
        .drip_ns = spec.drip,
        .length = (enum fault_length)spec.wrong_length,
        .cut = (enum fault_cut)spec.cut,
        .frames = (enum fault_frames)spec.frames,
        .after_tokens = spec.error_event,
        .share = spec.share,
        .when = spec.when,
        .from_ns = spec.begin,
        .for_ns = spec.length,
        .limited_in_time = spec.begin_given || spec.length_given,
        .retry_after_ns = spec.retry_after,
        .quota = spec.quota,
        .html = spec.html,
        .fin = spec.fin,
    };
    if (spec.attempts)
        read_attempts(parse->arena, spec.attempts, fault);
    return 0;
}

int faults_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    if (value->kind != YAML_LIST)
        return mistake_add(parse->mistakes, value->place,
                           "faults is %s; expected a list of faults",
                           value_shown(parse->arena, value));
    struct fault *fault = arena_array(parse->arena, struct fault, value->count);
    int result = 0;
    for (size_t i = 0; i < value->count; i++)
        result |= read_fault(parse, value->item[i], &fault[i]);
    *(struct faults *)field = (struct faults){fault, value->count};
    return result ? -1 : 0;
}

/* ---- drawing ---- */

static bool is_for_attempt(const struct fault *fault, int64_t attempt)
{
    for (size_t i = 0; i < fault->attempts; i++)
        if (fault->attempt[i] == attempt)
            return true;
    return fault->attempts == 0;
}

static bool is_in_time(const struct fault *fault, int64_t up_ns)
{
    return !fault->limited_in_time ||
           (up_ns >= fault->from_ns &&
            (fault->for_ns == 0 || up_ns < fault->from_ns + fault->for_ns));
}

static bool needs_stream(const struct fault *fault)
{
    return fault->kind >= FAULT_CUT ||
           (fault->kind == FAULT_RESET && fault->point == POINT_STREAM);
}

const struct fault *faults_strike(const struct faults *faults, const struct request *request,
                                  const struct http_request *http, struct rng_key draw,
                                  int64_t up_ns)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->fault[i];
        if ((needs_stream(fault) && !request->stream) || !is_in_time(fault, up_ns) ||
            !is_for_attempt(fault, request->attempt))
            continue;
        if (fault->share < 1 && rng_uniform(draw, "fault", i) >= fault->share)
            continue;
        if (when_matches(&fault->when, request, http, NULL))
            return fault;
    }
    return NULL;
}
