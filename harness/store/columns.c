/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * columns.c: the tables of a run's file, column by column (see columns.h).
 *
 * Rows are appended in the order in which cells and calls end and are never changed, so a commit
 * touches the last page of each table and nothing else. That is why the numbers that people join
 * by (cell, step path) are plain columns, whose indexes are made when the run is finished.
 */
#include "store/columns.h"

#include "store/store.h"

static const char *const state_names[] = {"open", "finished", "interrupted", NULL};
static const char *const status_names[] = {"ok",       "error",   "timeout",
                                           "unscored", "skipped", NULL};
static const char *const role_names[] = {"step", "router", "judge", NULL};
static const char *const source_names[] = {"sent", "cached", "unsent", NULL};

const char *store_status_name(enum store_status status)
{
    return status_names[status];
}

const char *store_role_name(enum store_role role)
{
    return role_names[role];
}

const char *store_source_name(enum store_source source)
{
    return source_names[source];
}

/* clang-format off */
#define INT(row, name, member, comment)   {name, COLUMN_INT,       offsetof(struct row, member), comment, NULL}
#define INT_NO(row, name, member, comment){name, COLUMN_INT_OR_NO, offsetof(struct row, member), comment, NULL}
#define BOOL(row, name, member, comment)  {name, COLUMN_BOOL,      offsetof(struct row, member), comment, NULL}
#define REAL(row, name, member, comment)  {name, COLUMN_REAL,      offsetof(struct row, member), comment, NULL}
#define TEXT(row, name, member, comment)  {name, COLUMN_TEXT,      offsetof(struct row, member), comment, NULL}
#define PROSE(row, name, member, comment) {name, COLUMN_PROSE,     offsetof(struct row, member), comment, NULL}
#define BODY(row, name, member, comment)  {name, COLUMN_BODY,      offsetof(struct row, member), comment, NULL}
#define NAME(row, name, member, comment, names) {name, COLUMN_NAME, offsetof(struct row, member), comment, names}

/* What calls, steps and cells count alike. */
#define TOKENS(row)                                                                                  \
    INT_NO(row, "input_tokens", tokens.input, "without what the provider's cache read or wrote"),    \
    INT_NO(row, "cache_read_tokens", tokens.cache_read, "input that the provider's cache had"),      \
    INT_NO(row, "cache_write_tokens", tokens.cache_write, "input that went into it"),                \
    INT_NO(row, "output_tokens", tokens.output, "reasoning included"),                               \
    INT_NO(row, "reasoning_tokens", tokens.reasoning, "part of output_tokens")
#define TIMES(row)                                                                                   \
    INT(row, "permit_wait_ns", times.permit_wait_ns, "waiting for our own limiters"),                \
    INT(row, "backoff_ns", times.backoff_ns, "waiting between attempts"),                            \
    INT(row, "store_wait_ns", times.store_wait_ns, "waiting for this file; 0 in a call's row"),      \
    INT(row, "connect_ns", times.connect_ns, "resolving, connecting, TLS"),                          \
    INT(row, "provider_ns", times.provider_ns, "from connected to the last byte, all attempts")
#define MONEY(row)                                                                                   \
    INT(row, "unknown_usage_calls", unknown_usage_calls, "calls whose tokens are missing above"),    \
    INT(row, "cost_nanousd", cost_nanousd, "the known part, in 1e-9 dollars"),                       \
    INT(row, "unknown_cost_calls", unknown_cost_calls, "calls whose cost is not in it"),             \
    INT(row, "lost_attempts", lost_attempts, "sent, nothing known of their usage"),                  \
    INT(row, "cost_upper_nanousd", cost_upper_nanousd,                                         \
        "cost_nanousd and what was reserved for those")

static const struct column run_columns[] = {
    TEXT(store_run, "id", id, "the file's name without .db"),
    INT(store_run, "created_wall_ns", created_wall, "since 1970, UTC"),
    TEXT(store_run, "weir_version", weir_version, "that wrote it"),
    TEXT(store_run, "experiment", experiment, "its name"),
    TEXT(store_run, "experiment_path", experiment_path, "as given"),
    PROSE(store_run, "definition", definition, "the effective experiment, JSON"),
    INT(store_run, "seed", seed, "of every random draw"),
    TEXT(store_run, "dataset_hash", dataset_hash, "of the samples"),
    BOOL(store_run, "mock", mock, "1: answered by weir-mock, says nothing of real models"),
    PROSE(store_run, "options", options, "the command line, a JSON list"),
    INT(store_run, "cells", cells, "in the plan; those without a row in cell are pending"),
    NAME(store_run, "state", state, "open (or its writer died), finished, interrupted", state_names),
    PROSE(store_run, "stop_reason", stop_reason, "why it was interrupted"),
    INT(store_run, "wall_ns", wall_ns, "of all its parts, when it was resumed"),
    INT(store_run, "cpu_ns", cpu_ns, "weir's own, user and system"),
    INT_NO(store_run, "max_rss_bytes", max_rss_bytes, "peak memory of weir"),
    INT_NO(store_run, "lateness_p99_ns", lateness_p99_ns, "how late the loop served what was due"),
    REAL(store_run, "rate", rate, "cells a second, on a schedule; NULL: as fast as they ended"),
    TEXT(store_run, "arrivals", arrivals, "of the schedule: constant, poisson"),
    INT(store_run, "setup_calls", setup_calls, "before the first cell, of no cell: examples embedded"),
    INT(store_run, "setup_tokens", setup_tokens, "of those"),
    INT_NO(store_run, "setup_nanousd", setup_nanousd, "what they cost; NULL: unknown"),
    INT(store_run, "superseded_calls", superseded_calls, "paid for, but their cells were run again"),
    INT(store_run, "superseded_nanousd", superseded_nanousd, "the known part of what they cost"),
    TEXT(store_run, "experiment_hash", experiment_hash, "of all that decides results"),
    INT(store_run, "shard", shard, "from 1; it has the samples with place % shards = shard - 1"),
    INT(store_run, "shards", shards, "that the plan is divided into; 0: the whole plan"),
    TEXT(store_run, "replayed", replayed, "the cassette that answered; NULL: none did"),
    TEXT(store_run, "scored_from", scored_from, "the run whose answers were scored again; NULL: its own"),
};

static const struct column variant_columns[] = {
    TEXT(store_variant, "name", name, "as in the experiment"),
    TEXT(store_variant, "pattern", pattern, "of its root"),
    TEXT(store_variant, "description", description, ""),
};

static const struct column sample_columns[] = {
    TEXT(store_sample, "id", id, "as in the dataset"),
    TEXT(store_sample, "cluster", cluster, "samples of one cluster are not independent"),
    TEXT(store_sample, "tags", tags, "a JSON list"),
    TEXT(store_sample, "description", description, "a few words for tables"),
    BODY(store_sample, "expected", expected, "JSON, a row of body"),
    INT(store_sample, "place", place, "in the plan's order of samples, from 0"),
    TEXT(store_sample, "hash", hash, "of its row in the dataset"),
    BODY(store_sample, "metadata", metadata, "JSON, a row of body"),
    TEXT(store_sample, "perturbation", perturbation, "the harmless change it was made by; NULL: it is a row"),
    INT_NO(store_sample, "original", original, "the sample that was changed"),
};

static const struct column node_columns[] = {
    INT(node_row, "variant", variant, ""),
    TEXT(node_row, "path", path, "with [*] for every index"),
    TEXT(node_row, "pattern", pattern, "call, chain, map, ..."),
};

static const struct column cell_columns[] = {
    INT(store_cell, "cell", cell, "place in the plan, from 0"),
    INT(store_cell, "variant", variant, ""),
    INT(store_cell, "sample", sample, ""),
    INT(store_cell, "trial", trial, "from 1"),
    NAME(store_cell, "status", status, "ok, error, timeout, unscored, skipped", status_names),
    TEXT(store_cell, "reason", reason, "gate, schema, ...; of an ok cell NULL, cut_short or blocked"),
    PROSE(store_cell, "message", message, "for people"),
    TEXT(store_cell, "failed_path", failed_path, "the step that failed"),
    INT_NO(store_cell, "correct", correct, "1, 0, NULL: unscored"),
    REAL(store_cell, "score", score, "weighted mean of its scores; NULL: unscored"),
    INT(store_cell, "calls", calls, "= sent + cached + unsent"),
    INT(store_cell, "sent", sent, "to a provider"),
    INT(store_cell, "cached", cached, "answered from the cache"),
    INT(store_cell, "unsent", unsent, "a budget or limit said no first"),
    INT(store_cell, "attempts", attempts, "HTTP tries of the sent calls"),
    INT(store_cell, "retries", retries, "= attempts - sent"),
    TOKENS(store_cell),
    MONEY(store_cell),
    INT(store_cell, "paid_nanousd", paid_nanousd, "the part of cost that was not cached"),
    INT_NO(store_cell, "latency_ns", latency_ns, "longest path of attempts, backoff and commands; "
           "NULL: part of it was lost"),
    INT_NO(store_cell, "wall_ns", wall_ns, "start to end by the clock; NULL: it was resumed"),
    TIMES(store_cell),
    INT_NO(store_cell, "critical_path_ns", critical_path_ns, "longest path: latency_ns"),
    INT(store_cell, "total_work_ns", total_work_ns, "the sum over all calls and programs"),
    INT(store_cell, "ttft_ns", ttft_ns, "time to first token, sum over streamed_calls"),
    INT(store_cell, "streamed_calls", streamed_calls, ""),
    INT(store_cell, "started_ns", started_ns, "after the run's start; on a schedule: due then"),
    BODY(store_cell, "output", output, "a row of body"),
    INT(store_cell, "late_ns", late_ns, "that it started later than scheduled; counted in wall_ns"),
    INT_NO(store_cell, "answer", answer, "hash of its output, normalised: equal answers have equal ones"),
    PROSE(store_cell, "shape", shape, "kinds and members of its output"),
    INT_NO(store_cell, "only_node", only_node, "of its only step, when that has no row in step_kept: it says what "
           "this row says"),
    TEXT(store_cell, "only_score", only_score, "the name of its only score, likewise"),
};

static const struct column step_columns[] = {
    INT(store_step, "cell", cell, ""),
    INT(store_step, "ordinal", ordinal, "in the cell, from 0"),
    INT(store_step, "node", node_id, ""),
    TEXT(store_step, "path", path, "faqs[2].sources"),
    INT_NO(store_step, "parent", parent, "ordinal of the step around it; NULL: the root"),
    TEXT(store_step, "outcome", outcome, "ok, blocked, cut_short, failed"),
    TEXT(store_step, "kind", kind, "of a failure"),
    PROSE(store_step, "message", message, "of a failure"),
    INT(store_step, "start_ns", start_ns, "after the cell's start"),
    INT(store_step, "end_ns", end_ns, "after the cell's start"),
    INT(store_step, "calls", calls, "its own, without those of steps below it"),
    INT(store_step, "sent", sent, "to a provider"),
    INT(store_step, "cached", cached, "answered from the cache"),
    INT(store_step, "unsent", unsent, "a budget or limit said no first"),
    INT(store_step, "attempts", attempts, "HTTP tries of the sent calls"),
    TOKENS(store_step),
    MONEY(store_step),
    TIMES(store_step),
    BODY(store_step, "value", value, "a row of body"),
    PROSE(store_step, "note", note, "what the pattern says of itself, JSON"),
    NAME(store_step, "role", role, "of its calls: step, router", role_names),
};

static const struct column score_columns[] = {
    INT(store_score, "cell", cell, ""),
    TEXT(store_score, "name", name, "as in the experiment"),
    TEXT(store_score, "path", path, "the step it judges; NULL: the output"),
    REAL(store_score, "value", value, "0 to 1; NULL: it did not apply"),
    BOOL(store_score, "pass", pass, ""),
    REAL(store_score, "weight", weight, "0: does not decide whether the cell is correct"),
    PROSE(store_score, "reason", reason, "in words"),
    BOOL(store_score, "ungraded", ungraded, "1: who should grade it failed; so value is NULL"),
    REAL(store_score, "agreement", agreement, "of a judge asked several times; NULL: there is none"),
    INT(store_score, "calls", calls, "of its judge, in no count of the cell: sent + cached + unsent"),
    INT(store_score, "sent", sent, "to a provider"),
    INT(store_score, "cached", cached, "answered from the cache"),
    INT(store_score, "unsent", unsent, "a limit said no first"),
    INT(store_score, "attempts", attempts, "HTTP tries of the sent calls"),
    TOKENS(store_score),
    MONEY(store_score),
    INT(store_score, "work_ns", work_ns, "attempts and backoff of all of them"),
    PROSE(store_score, "instances", instances, "what each instance of the step got, or each draft, JSON"),
    BODY(store_score, "question", question, "what a judge of the output judges by, a row of body"),
    BODY(store_score, "answer", answer, "the text that it was shown, a row of body"),
};

static const struct column verdict_columns[] = {
    INT(store_verdict, "cell", cell, ""),
    TEXT(store_verdict, "name", name, "of the score"),
    TEXT(store_verdict, "path", path, "the step instance that is judged; NULL: the output"),
    INT_NO(store_verdict, "opponent", opponent, "of a comparison: the other variant; NULL: there is none"),
    INT_NO(store_verdict, "repeat", repeat, "from 0; NULL: how the comparison ended"),
    REAL(store_verdict, "value", value, "0 to 1; of a comparison 1: its own text, shown first, is better"),
    PROSE(store_verdict, "reason", reason, "the judge's"),
};

static const struct column call_columns[] = {
    INT_NO(store_call, "cell", cell, "NULL: of none, made before the first"),
    NAME(store_call, "source", source, "sent, cached, unsent", source_names),
    INT(store_call, "attempts", attempts, "HTTP tries"),
    TEXT(store_call, "path", path, "of its step"),
    INT(store_call, "repeat", repeat, "number within the step instance, from 0"),
    TEXT(store_call, "request_hash", request_hash, "of what was asked; a resume compares it"),
    TEXT(store_call, "attempt_key", attempt_key, "Idempotency-Key of all its attempts"),
    TEXT(store_call, "model", model, "its name in the experiment"),
    TEXT(store_call, "dialect", dialect, "of the provider's API"),
    TEXT(store_call, "reported_model", reported_model, "as the reply names it"),
    TEXT(store_call, "fingerprint", fingerprint, "of the provider's system, from the reply"),
    TEXT(store_call, "finish", finish, "stop, length, filter, ..."),
    BOOL(store_call, "refused", refused, "by the model or a content filter"),
    BOOL(store_call, "truncated", truncated, "the reply ended at max_tokens"),
    INT(store_call, "http_status", http_status, "of the last attempt; 0: no reply"),
    TEXT(store_call, "outcome", outcome, "ok, rate-limited, quota, auth, server, ..."),
    PROSE(store_call, "message", message, "of a failure"),
    TOKENS(store_call),
    INT_NO(store_call, "cost_nanousd", cost_nanousd, "in 1e-9 dollars; NULL: unknown"),
    INT(store_call, "lost_attempts", lost_attempts, "sent, nothing known of their usage"),
    INT_NO(store_call, "cost_upper_nanousd", cost_upper_nanousd,
           "what was reserved for those; NULL: a price or max_tokens is unknown"),
    INT(store_call, "start_ns", start_ns, "of its first attempt, after the cell's start"),
    INT(store_call, "latency_ns", latency_ns, "connect + provider + backoff"),
    TIMES(store_call),
    INT_NO(store_call, "first_byte_ns", first_byte_ns, "of the last attempt, from its start"),
    INT_NO(store_call, "ttft_ns", ttft_ns, "to the first token of a streamed reply"),
    BODY(store_call, "request", request, "a row of body"),
    BODY(store_call, "reply", reply, "a row of body"),
    INT(store_call, "known_nanousd", known_nanousd, "the known part of the cost, where that is unknown"),
    TEXT(store_call, "protocol", protocol, "of the last reply: http/1.1, h2"),
    INT_NO(store_call, "tls_ns", tls_ns, "of the last attempt: the part of connect_ns that was TLS"),
    NAME(store_call, "role", role, "step, router, judge: a judge's are no part of the workflow", role_names),
    BOOL(store_call, "superseded", superseded, "1: paid for, but its cell was run again without it"),
    TEXT(store_call, "cache_endpoint", cache_endpoint, "whom the cache takes to have been asked; NULL: no cache"),
    INT_NO(store_call, "max_tokens", max_tokens, "that its reply might have; NULL: no limit was set"),
};

static const struct column command_columns[] = {
    INT(store_command, "cell", cell, ""),
    TEXT(store_command, "path", path, "of its step"),
    INT(store_command, "repeat", repeat, "number among the programs of the step instance, from 0"),
    TEXT(store_command, "request_hash", request_hash, "of program, arguments and input"),
    TEXT(store_command, "program", program, "as the experiment names it; of a check, the check"),
    TEXT(store_command, "outcome", outcome, "ok, failed, timeout, ...; of a check passed, failed"),
    INT(store_command, "exit_code", exit_code, ""),
    INT(store_command, "exit_signal", exit_signal, "that ended it; 0: none"),
    PROSE(store_command, "reason", reason, "of an outcome that is not ok"),
    INT(store_command, "time_ns", time_ns, "from its start until all of it was gone"),
    INT(store_command, "cpu_ns", cpu_ns, ""),
    BODY(store_command, "output", output, "stdout, a row of body"),
    BODY(store_command, "errors", errors, "stderr, a row of body"),
    BOOL(store_command, "superseded", superseded, "1: its cell was run again without it"),
    INT_NO(store_command, "start_ns", start_ns, "after the cell's start; NULL: it never began, or an older weir"),
};

static const struct column attempt_columns[] = {
    INT(store_attempt, "call", call, ""),
    INT(store_attempt, "number", number, "from 1"),
    INT(store_attempt, "http_status", http_status, "0: no reply"),
    TEXT(store_attempt, "outcome", outcome, "as in call"),
    PROSE(store_attempt, "message", message, "what went wrong"),
    INT_NO(store_attempt, "retry_after_ns", retry_after_ns, "what the server asked for"),
    INT(store_attempt, "permit_wait_ns", permit_wait_ns, "waiting for our own limiters"),
    INT(store_attempt, "backoff_before_ns", backoff_before_ns, "waited before it"),
    INT(store_attempt, "start_ns", start_ns, "after the cell's start"),
    INT_NO(store_attempt, "connect_ns", connect_ns, "resolving, connecting, TLS"),
    INT_NO(store_attempt, "first_byte_ns", first_byte_ns, "from its start"),
    INT(store_attempt, "total_ns", total_ns, "from its start to the last byte"),
    BOOL(store_attempt, "lost", lost, "sent, nothing known of its usage"),
    INT_NO(store_attempt, "cost_upper_nanousd", cost_upper_nanousd, "reserved for it when lost"),
    TEXT(store_attempt, "protocol", protocol, "of its reply: http/1.1, h2; NULL: none came"),
    INT_NO(store_attempt, "tls_ns", tls_ns, "the part of connect_ns that was TLS; NULL: none"),
};

static const struct column file_columns[] = {
    TEXT(store_file, "path", path, "from the experiment's folder, or absolute"),
    TEXT(store_file, "role", role, "experiment, dataset, prompt, schema, rows, program, mock"),
    TEXT(store_file, "hash", hash, "of the file"),
    BODY(store_file, "text", text, "a row of body"),
};

static const struct column body_columns[] = {
    TEXT(body_row, "hash", hash, "of the text, where it is known"),
    INT(body_row, "size", size, "bytes"),
    {"bytes", COLUMN_BYTES, offsetof(struct body_row, bytes), "the text as it was sent or received", NULL},
};

#define COLUMNS_SEEN(array, view) array, sizeof array / sizeof array[0], view
#define COLUMNS(array) COLUMNS_SEEN(array, NULL)
const struct table tables[TABLES] = {
    [TABLE_RUN] = {"run", "one row", NULL, NULL, NO_FIELD, false, COLUMNS(run_columns)},
    [TABLE_VARIANT] = {"variant", "what is compared", "variant", "from 0, in the order of the file",
                       offsetof(struct store_variant, number), true, COLUMNS(variant_columns)},
    [TABLE_SAMPLE] = {"sample", "rows of the dataset", "sample", "from 0",
                      offsetof(struct store_sample, number), true, COLUMNS(sample_columns)},
    [TABLE_NODE] = {"node", "places in a variant that had steps", "node", "",
                    offsetof(struct node_row, id), false, COLUMNS(node_columns)},
    [TABLE_CELL] = {"cell", "one trial of a variant on a sample, in the order they ended", NULL, NULL,
                    NO_FIELD, false, COLUMNS(cell_columns)},
    [TABLE_STEP] = {"step_kept", "steps of finished cells that say more than their cell; see the view step",
                    "step", "", offsetof(struct store_step, id), false, COLUMNS_SEEN(step_columns, "step")},
    [TABLE_SCORE] = {"score_kept", "what scorers said, where that is more than their cell says; see the view score",
                     NULL, NULL, NO_FIELD, false, COLUMNS_SEEN(score_columns, "score")},
    [TABLE_VERDICT] = {"verdict", "what judges said, each answer", NULL, NULL, NO_FIELD, false,
                       COLUMNS(verdict_columns)},
    [TABLE_CALL] = {"call", "model requests, in the order they ended", "call", "",
                    offsetof(struct store_call, id), false, COLUMNS(call_columns)},
    [TABLE_ATTEMPT] = {"attempt_kept", "attempts of calls that did not go well at once; "
                       "see the view attempt", NULL, NULL, NO_FIELD, false, COLUMNS(attempt_columns)},
    [TABLE_COMMAND] = {"command", "programs that steps ran", "command", "",
                       offsetof(struct store_command, id), false, COLUMNS(command_columns)},
    [TABLE_FILE] = {"file", "what the experiment was read from, to run it again without its folder",
                    "file", "", NO_FIELD, false, COLUMNS(file_columns)},
    [TABLE_BODY] = {"body", "large texts: prompts, replies, values", "body", "", NO_FIELD, false,
                    COLUMNS(body_columns)},
};
/* clang-format on */
