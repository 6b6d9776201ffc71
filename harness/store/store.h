/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.h: one SQLite file per run, and the barrier that rule 6 (docs/architecture.md) asks for.
 *
 * Writing. One thread of the store owns the file. store_write_call and store_write_cell copy the
 * record, queue it and return at once; when the record has been committed, and survives the
 * death of the process, the writer calls `done` on its own thread. What a call returned is used
 * only after that. Fsync, against power loss, follows within a second, on a third thread, so
 * that a slow disk delays nobody.
 *
 *     struct store *store;
 *     if (store_create(&store, path, &run, &err) < 0) ...
 *     store_write_call(store, &call, wake_fiber, fiber);      the fiber waits; wake_fiber posts
 *     store_write_cell(store, &cell, NULL, NULL);             nobody waits
 *     store_finish(store, &end, &err);                        one file, no -wal beside it
 *
 * Reading. store_open checks the identities of rule 8 and refuses a file that breaks them.
 * Rows come one by one to a function; the texts of a row are valid until it returns. Large
 * texts (prompts, replies, values) lie in a table of their own and come only through
 * store_body, so no report reads them by accident.
 *
 * In all records: times are nanoseconds, money is nano-dollars, and where "or -1" is said, -1 is
 * unknown and NULL in the file: never 0. An empty text is NULL in the file. Names (reasons,
 * outcomes, patterns) are those of the experiment language; the store does not interpret them.
 * The columns are documented in docs/store.md, from the tables in store/columns.c.
 *
 * The store knows no secrets and is given redacted text; as a last line it runs secret_redact
 * (base/log.h) over bodies, messages, notes and reasons.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* --- what is stored ------------------------------------------------------------------------ */

/* A large text. Written: `text`. Read: `id`, 0 when there is none; the text by store_body. */
struct store_text {
    str text;
    int64_t id;
};

/* Each or -1. Input excludes what the provider's cache read or wrote; reasoning is a part of
 * output. A sum over calls carries the known part; unknown_usage_calls says how many it lacks. */
struct store_tokens {
    int64_t input, cache_read, cache_write, output, reasoning;
};

/* Where time went; the columns never mix (rule 2). */
struct store_times {
    int64_t permit_wait_ns; /* for our own limiters */
    int64_t backoff_ns;     /* between attempts */
    int64_t store_wait_ns;  /* for the barrier of this store. Of a call it is known only after
                               the call was written: its row holds 0, its step's the truth */
    int64_t connect_ns;
    int64_t provider_ns; /* from connected to the last byte, all attempts */
};

enum store_state {
    STORE_OPEN,        /* being written, or its writer died */
    STORE_FINISHED,    /* every cell of the plan has a result or never will */
    STORE_INTERRUPTED, /* closed in order with cells pending: Ctrl-C, budget, provider down */
};

struct store_run {
    str id;               /* the file's name without ".db" */
    int64_t created_wall; /* ns since 1970, UTC */
    str weir_version;     /* filled in by store_create when empty */
    str experiment;       /* its name */
    str experiment_path;  /* as given */
    str definition;       /* the effective experiment as JSON */
    int64_t seed;
    str dataset_hash;
    bool mock;
    str options;   /* the command line as a JSON list */
    str replayed;  /* the cassette that answered; empty: none did */
    int64_t cells; /* in the plan; those without a row are pending */
    double rate;   /* cells a second, on a schedule; NAN: none */
    str arrivals;  /* of the schedule */
    str experiment_hash; /* of all that decides results */
    str scored_from;     /* the run whose answers weir score took; empty: its own */
    /* Of N shards (rule 5), this one's number from 1: it has the samples whose place is
     * shard - 1 modulo shards, and all other cells are not its business. 0 and 0: the whole. */
    int64_t shard, shards;

    int64_t superseded_calls;   /* paid for, but their cells were run again without them */
    int64_t superseded_nanousd; /* the known part of what they cost */

    /* written by store_finish */
    enum store_state state;
    str stop_reason;                   /* why it was interrupted, for people */
    int64_t wall_ns;                   /* of all its parts, when it was resumed */
    int64_t cpu_ns;                    /* of the process, user and system */
    int64_t max_rss_bytes;             /* or -1 */
    int64_t lateness_p99_ns;           /* of the loop, or -1 */
    int64_t setup_calls, setup_tokens; /* before the first cell; of all parts the same */
    int64_t setup_nanousd;             /* or -1 */
};

struct store_variant {
    int64_t number; /* from 0, in the order of the file */
    str name, pattern, description;
};

struct store_sample {
    int64_t number; /* from 0, row of the dataset */
    str id;
    str cluster;                /* samples of one cluster are not independent; mostly empty */
    str tags;                   /* a JSON list */
    str description;            /* a few words for tables */
    struct store_text expected; /* as JSON */
    int64_t place; /* in the plan's order of samples, from 0; a changed sample has its original's */
    str hash;      /* of its row in the dataset: the same row has the same one */
    struct store_text metadata; /* as JSON */
    str perturbation; /* the harmless change that it was made by; empty: it is a row */
    int64_t original; /* the sample that was changed, or -1 */
};

/* A file that the experiment was read from. */
struct store_file {
    str path; /* from the experiment's folder; absolute, or with "..", when it lies elsewhere */
    str role; /* "experiment", "dataset", "prompt", "schema", "rows", "program", "mock",
               * "baseline" */
    str hash; /* of its bytes, before secrets were removed */
    struct store_text text;
};

/* What a run is made of: stays in place until store_finish or store_abandon. */
struct store_plan {
    const struct store_variant *variant;
    size_t variants;
    const struct store_sample *sample;
    size_t samples;
    const struct store_file *file;
    size_t files;
};

/* Rule 8. Pending cells have no row. */
enum store_status { STORE_OK, STORE_ERROR, STORE_TIMEOUT, STORE_UNSCORED, STORE_SKIPPED };
enum { STORE_STATUSES = STORE_SKIPPED + 1 };
const char *store_status_name(enum store_status status); /* "ok", "error", … */

/* What a call is made for; a judge's calls are no part of the cell's counts. */
enum store_role { STORE_STEP, STORE_ROUTER, STORE_JUDGE };
const char *store_role_name(enum store_role role); /* "step", "router", "judge" */

/* One step instance. Its counts are of the calls it made itself; those of the steps below it are
 * in their rows, so that sums over steps are the cell's. */
struct store_step {
    str path;       /* "faqs[2].sources" */
    str node;       /* the same with [*]: "faqs[*].sources" */
    str pattern;    /* "call", "chain", … */
    int64_t parent; /* place in the cell's array of steps, or -1: the root */
    str outcome;    /* "ok", "blocked", "cut_short", "failed" */
    str kind;       /* of a failure */
    str message;
    int64_t start_ns, end_ns; /* after the cell's start */
    int64_t calls, sent, cached, unsent, attempts;
    struct store_tokens tokens;
    int64_t unknown_usage_calls;
    int64_t cost_nanousd; /* the known part */
    int64_t unknown_cost_calls, lost_attempts, cost_upper_nanousd;
    struct store_times times;
    struct store_text value;
    str note; /* what the pattern says of itself, as JSON: votes, chosen label, rounds */
    enum store_role role; /* of its calls */

    int64_t id, cell; /* read only */
    int64_t ordinal;  /* read only: place in the cell's array */
    int64_t variant;  /* read only */
    int64_t node_id;  /* the store's own */
};

struct store_score {
    str name;
    str path;     /* the step it judges; empty: the whole output */
    double value; /* 0 to 1; NAN: it did not apply */
    bool pass;
    double weight;
    str reason;       /* in words, or the judge's */
    bool ungraded;    /* who should grade it failed: no value, for that reason */
    double agreement; /* of a judge asked several times, 0 to 1; NAN: there is none */
    /* What each instance of the step got, or each draft of a refinement as if it were the output:
     * a JSON list (score/instances.h); empty: `value` says it all. */
    str instances;
    /* Of its calls, which are in no count of the cell. */
    int64_t calls, sent, cached, unsent, attempts;
    struct store_tokens tokens;
    int64_t unknown_usage_calls;
    int64_t cost_nanousd; /* the known part */
    int64_t unknown_cost_calls, lost_attempts, cost_upper_nanousd;
    int64_t work_ns; /* attempts and backoff of all of them */
    /* Of a judge asked about the output: what it judges by, and the text that it was shown. */
    struct store_text question, answer;

    int64_t cell; /* read only */
};

/* One answer of a judge. */
struct store_verdict {
    int64_t cell;
    str name;         /* of the score */
    str path;         /* the step instance that is judged; empty: the output */
    int64_t opponent; /* of a comparison: the other variant; -1: there is none */
    int64_t repeat;   /* from 0; -1: how the comparison ended; `reason`: why nobody was asked */
    /* 0 to 1. Of a comparison, in which this cell's text stood first: 1 it is the better one, 0 the
     * other, 0.5 neither. */
    double value;
    str reason; /* the judge's */
};

struct store_cell {
    int64_t cell;            /* its number: place in the plan, from 0 */
    int64_t variant, sample; /* their numbers */
    int64_t trial;           /* from 1 */
    enum store_status status;
    str reason; /* "gate", "schema", …; of an ok cell empty, "cut_short" or "blocked" */
    str message;
    str failed_path; /* the step that failed */
    struct store_text output;
    int64_t correct; /* 1, 0, or -1: unscored */
    double score;    /* weighted mean; NAN: unscored */

    int64_t calls, sent, cached, unsent; /* calls = sent + cached + unsent */
    int64_t attempts, retries;           /* retries = attempts - sent */
    struct store_tokens tokens;
    int64_t unknown_usage_calls;
    int64_t cost_nanousd; /* the known part, cached calls at the price they once had */
    int64_t paid_nanousd; /* the part of it that this run paid */
    int64_t unknown_cost_calls, lost_attempts, cost_upper_nanousd;

    int64_t latency_ns; /* rule 2: what is compared; -1: an interval of it was lost */
    int64_t wall_ns;    /* -1: it was resumed */
    struct store_times times;
    int64_t critical_path_ns, total_work_ns;
    int64_t ttft_ns, streamed_calls; /* sum over the calls that streamed, and their number */
    int64_t started_ns;              /* after the run's start; on a schedule: due then */
    int64_t late_ns;                 /* that it started later than scheduled */
    int64_t answer; /* hash of the output, normalised (base/answer.h), or -1: there is none */
    str shape;      /* of the output: its kinds and members */

    /* the store's own (store/repeats.h) */
    int64_t only_node;
    str only_score;

    /* write only; read with store_each_step and store_each_score */
    const struct store_step *step;
    size_t steps;
    const struct store_score *score_row;
    size_t score_rows;
    const struct store_verdict *verdict; /* read with store_each_verdict */
    size_t verdicts;
    bool rescored; /* the cell has a row: only its status, reason, correct, score and scores are
                      written, in place of those that are there */
};

/* Where a call's reply came from (rule 8). */
enum store_source { STORE_SENT, STORE_CACHED, STORE_UNSENT };
const char *store_source_name(enum store_source source); /* "sent", "cached", "unsent" */

struct store_attempt {
    int64_t number;      /* from 1 */
    int64_t http_status; /* 0: no reply */
    str outcome;
    str message;
    int64_t retry_after_ns; /* what the server asked for, or -1 */
    int64_t permit_wait_ns, backoff_before_ns;
    int64_t start_ns;      /* after the cell's start */
    int64_t connect_ns;    /* or -1: it did not come to that */
    int64_t first_byte_ns; /* from start, or -1 */
    int64_t total_ns;
    bool lost;                  /* sent, and nothing known of its usage (rule 3) */
    int64_t cost_upper_nanousd; /* reserved for it when lost; -1: unknown */
    str protocol;               /* of its reply: "http/1.1", "h2"; empty: none came */
    int64_t tls_ns;             /* the part of connect_ns that was TLS, or -1 */

    int64_t call; /* read only */
};

struct store_call {
    int64_t cell; /* -1: of none, made before the first cell */
    enum store_role role;
    str path;       /* of the step; of a judge "score:NAME[0]" */
    int64_t repeat; /* repeat index within the step instance, from 0 */
    str request_hash, attempt_key;
    str model; /* its name in the experiment */
    str dialect;
    str reported_model, fingerprint; /* as the reply names them */
    enum store_source source;
    struct store_text request, reply;
    str finish; /* "stop", "length", … */
    bool refused, truncated;
    int64_t max_tokens;  /* that the reply might have, or -1: no limit was set */
    int64_t http_status; /* of the last attempt; 0: no reply */
    str outcome;         /* "ok", "rate-limited", … */
    str message;
    struct store_tokens tokens;
    int64_t cost_nanousd;       /* or -1 */
    int64_t known_nanousd;      /* of an unknown cost: the known part */
    int64_t cost_upper_nanousd; /* reserved for lost attempts, or -1 */
    int64_t lost_attempts;
    struct store_times times;
    int64_t first_byte_ns; /* of the last attempt, from its start, or -1 */
    int64_t ttft_ns;       /* to the first token of a streamed reply, or -1 */
    int64_t latency_ns;    /* connect + provider + backoff */
    str cache_endpoint;    /* who was asked, as the cache's key says it; empty: it was not used */
    int64_t start_ns;      /* after the cell's start: its first attempt */
    str protocol;          /* of the last reply, and tls_ns of the last attempt: as there */
    int64_t tls_ns;
    int64_t attempts; /* equal to the length of the array below when that is given */
    bool superseded;  /* paid for, but its cell was run again without it */

    /* write only; read with store_each_attempt. A single attempt that went well and whose fields
     * are the call's (total: connect + provider) takes no row of its own. */
    const struct store_attempt *attempt;

    int64_t id; /* read only */
};

/* A program that a step ran: an `exec` node's, or a check's. */
struct store_command {
    int64_t cell;
    str path;         /* of the step */
    int64_t repeat;   /* number among the programs of the step instance, from 0 */
    str request_hash; /* of the program, its arguments and its input */
    str program;      /* as the experiment names it */
    str outcome;      /* "ok", "failed", "timeout", …; of a check "passed" or "failed" */
    int64_t exit_code, exit_signal;
    str reason; /* for people */
    int64_t start_ns; /* after the cell's start, by the wall; -1: it never began, or is not known */
    int64_t time_ns, cpu_ns;
    struct store_text output, errors;
    bool superseded;

    int64_t id; /* read only */
};

/* For a program that uses SQLite for nothing else, before it does: no connection of ours is used by two
 * threads at a time, and statistics of memory cost a lock per allocation. A library leaves SQLite as it is. */
void store_configure_process(void);

/* --- writing ------------------------------------------------------------------------------- */

/* Called on the writer's thread once the record is committed, or, with `failed`, when it will
 * never be; then store_error says why and the run must stop. It must be short and must not call
 * the store. */
typedef void store_done(void *arg, bool failed);

/* Makes the file (its folder must exist; an existing file is an error), takes the lock and starts
 * the threads. `run` is copied. Does not wait for the disk. ERR_FAILED, ERR_INPUT. */
int store_create(struct store **store, const char *path, const struct store_run *run,
                 const struct store_plan *plan, struct err *err);
/* What is to run again in a run that has stopped. */
struct store_again {
    /* Cells of status error and timeout, also of a finished run. Their calls and programs that
     * went well are used again, the others are superseded. */
    bool errors;
    /* Cells of these variants; their calls are used again where they fit. */
    const int64_t *variant;
    size_t variants;
    /* No workflow will run: skipped cells stay. Otherwise they have no row any more, for a run with
     * `stop` decides anew what it needs. */
    bool keep_skipped;
    bool whole_trials; /* with a cell all others of its sample and trial; also of skipped ones that stay */
    /* Its definition, experiment_hash and options are now the run's, and the files of `plan`; NULL:
     * all as it was. */
    const struct store_run *edited;
    /* Written when the run was cut off before its plan was; lives as long as the store. */
    const struct store_plan *plan;
};
/* Opens a run that stopped, to write on; its variants and samples are there. ERR_INPUT when it is being
 * written by another process, of another weir, or finished with nothing to run again. */
int store_reopen(struct store **store, const char *path, const struct store_again *again,
                 struct err *err);

/* A copy of a run that has ended, to be scored again: open to write, with all but its scores,
 * under another id and for the experiment of `as` (id, definition, experiment_hash, scored_from).
 * With `whole_trials`, for scores that compare variants, cells whose rivals were skipped are skipped
 * there too, and their calls superseded: as in a run that had these scores from its beginning.
 * `path` is a new file. ERR_INPUT, ERR_FAILED; then it is not there. */
struct store_copied {
    int64_t cells;   /* with a result */
    int64_t skipped; /* that had one */
};
int store_copy(struct store **store, const char *from, const char *path,
               const struct store_run *as, bool whole_trials, struct store_copied *copied,
               struct err *err);

/* Once such a copy has been scored: of a judge's calls that were made twice the first are
 * superseded. */
int store_supersede_judges(const char *path, struct err *err);
/* Once such a copy, ended as interrupted, was scored in part: the other cells become pending. Their
 * calls stay, so a resume pays for nothing but their judges. */
int store_drop_unscored(const char *path, struct err *err);

/* Both may be called from any thread; all that the record points to is copied before they return.
 * A record with `done` is committed within some two milliseconds, at once when little is going
 * on. Without, nobody waits: it follows within some 20 ms, which costs less. So calls are
 * written with `done`, and their fiber waits (rule 6); cells without: a cell that a crash takes
 * is made again from its calls, for nothing. A cell is written when its calls are done, and is
 * never committed before them. */
void store_write_call(struct store *store, const struct store_call *call, store_done *done,
                      void *arg);
void store_write_cell(struct store *store, const struct store_cell *cell, store_done *done,
                      void *arg);
/* Several cells in one commit, in that order: a crash leaves all of them or none. */
void store_write_cells(struct store *store, const struct store_cell *const *cell, size_t count,
                       store_done *done, void *arg);
/* As a call: what comes of a program may not come again. */
void store_write_command(struct store *store, const struct store_command *command,
                         store_done *done, void *arg);
/* The cell, which has no row, is run again from nothing: what is stored of its calls and programs
 * is superseded. */
void store_supersede(struct store *store, int64_t cell, store_done *done, void *arg);
/* The same of one call, which is made again since it asks something else now. */
void store_supersede_call(struct store *store, int64_t call, store_done *done, void *arg);

/* 0 as long as all is well; the first error of the writer stays. Any thread. */
int store_error(struct store *store, struct err *err);

/* Waits for the queue, writes state, stop_reason, wall_ns (added to what earlier parts took),
 * cpu_ns (added), max_rss_bytes and lateness_p99_ns of `end`, makes the indexes that readers
 * want, turns the WAL into the file and closes. Frees the store also when it fails. */
int store_finish(struct store *store, const struct store_run *end, struct err *err);
/* Closes without a word, as a crash would: the run stays open and can be resumed. */
void store_abandon(struct store *store);

struct store_stats {
    uint64_t records, commits, syncs, checkpoints;
    int64_t writer_cpu_ns; /* of both threads of the store, so far */
};
struct store_stats store_stats(struct store *store);

/* --- reading ------------------------------------------------------------------------------- */

/* Read only. Refused with a message: no run, a newer schema, a broken identity of rule 8 (which
 * is named). A run that is being written can be opened: it shows what was committed then. */
int store_open(struct store **store, const char *path, struct err *err);
/* The same without the identities, for who has had them checked a moment ago. */
int store_open_checked(struct store **store, const char *path, struct err *err);
void store_close(struct store *store); /* of a store_open */

const struct store_run *store_run_row(const struct store *store);
/* Being written at this moment by a live process. */
bool store_is_running(const struct store *store);
/* By number, from 0; they live as long as the store. */
const struct store_variant *store_variants(const struct store *store, size_t *count);
const struct store_sample *store_samples(const struct store *store, size_t *count);
/* The files of its experiment; their texts by store_body. None in files of weir before 0.2. */
const struct store_file *store_files(const struct store *store, size_t *count);
/* Are the sample's cells this run's business? Of a shard, only its own are. */
bool store_has_sample(const struct store_run *run, const struct store_sample *sample);
/* How many cells are: of a plan whose samples have so many places. */
int64_t store_own_cells(const struct store_run *run, int64_t places);

/* The functions below call fn for every row; a return other than 0 ends the walk and is handed
 * on. -1 with err set when the file cannot be read. `fn` may read other tables. */
enum store_order {
    STORE_AS_WRITTEN, /* as cells finished: fastest, and different from run to run */
    STORE_IN_ORDER,   /* by variant, sample, trial */
};
typedef int store_cell_fn(void *arg, const struct store_cell *cell);
int store_each_cell(struct store *store, enum store_order order, store_cell_fn *fn, void *arg,
                    struct err *err);
/* The cell's texts are copied to the arena. ERR_INPUT when it has no row. */
int store_find_cell(struct store *store, int64_t variant, int64_t sample, int64_t trial,
                    struct arena *arena, struct store_cell *cell, struct err *err);

/* `cell` is a number, or STORE_EVERY: then in the order written. Of one cell: in start order. */
enum { STORE_EVERY = -1 };
typedef int store_step_fn(void *arg, const struct store_step *step);
int store_each_step(struct store *store, int64_t cell, store_step_fn *fn, void *arg,
                    struct err *err);
/* Every step, in the order written, with what sums need: its counts, times, outcome, kind, role
 * and place (node, pattern, variant), not its path, message, value and note. In half the time. */
int store_each_step_count(struct store *store, store_step_fn *fn, void *arg, struct err *err);
/* Every step of the patterns that have something to say of themselves (route, refine, orchestrate,
 * vote) and did: with cell, path, place, outcome and note alone. */
int store_each_note(struct store *store, store_step_fn *fn, void *arg, struct err *err);
/* By node_id, from 1: the smallest ordinal that any step at that place of its variant has, or -1
 * for none; in the arena. */
int store_node_order(struct store *store, struct arena *arena, const int64_t **order,
                     struct err *err);
typedef int store_score_fn(void *arg, const struct store_score *score);
int store_each_score(struct store *store, int64_t cell, store_score_fn *fn, void *arg,
                     struct err *err);
/* In the order of scores, texts, opponents and repeats within a cell. */
typedef int store_verdict_fn(void *arg, const struct store_verdict *verdict);
int store_each_verdict(struct store *store, int64_t cell, store_verdict_fn *fn, void *arg,
                       struct err *err);
typedef int store_call_fn(void *arg, const struct store_call *call);
int store_each_call(struct store *store, int64_t cell, store_call_fn *fn, void *arg,
                    struct err *err);
/* What replies say of the model that they are from: each combination once, of the calls of
 * finished cells that went well, in the order of variants and names; the first 1,000 at most. */
struct store_replier {
    int64_t variant;
    str model;                 /* its name in the experiment */
    str reported, fingerprint; /* empty: not said */
};
typedef int store_replier_fn(void *arg, const struct store_replier *replier);
int store_each_replier(struct store *store, store_replier_fn *fn, void *arg, struct err *err);
/* A workflow's call that went well: what it used of what it was allowed. */
struct store_call_use {
    int64_t cell;
    str path, model; /* of the step; its name in the experiment */
    bool truncated;
    int64_t output_tokens, max_tokens; /* or -1 */
    int64_t attempt_ns;                /* of its one attempt; -1: there were more, or none */
};
typedef int store_call_use_fn(void *arg, const struct store_call_use *use);
/* In the order written. None in files of weir before schema 4. */
int store_each_call_use(struct store *store, store_call_use_fn *fn, void *arg, struct err *err);
/* The call of that number, its texts (but for bodies) in the arena. ERR_FAILED: there is none. */
int store_find_call(struct store *store, int64_t call, struct arena *arena,
                    struct store_call *found, struct err *err);
/* All attempts of a call that was sent, also the single good one that has no row of its own. */
typedef int store_attempt_fn(void *arg, const struct store_attempt *attempt);
int store_each_attempt(struct store *store, const struct store_call *call, store_attempt_fn *fn,
                       void *arg, struct err *err);

/* Those of a cell, or of all, superseded ones among them, in the order written. */
typedef int store_command_fn(void *arg, const struct store_command *command);
int store_each_command(struct store *store, int64_t cell, store_command_fn *fn, void *arg,
                       struct err *err);
int store_find_command(struct store *store, int64_t command, struct arena *arena,
                       struct store_command *found, struct err *err);

/* How far a run has come, for who resumes it. All arrays are in the arena. */
struct store_open_row {
    int64_t cell, number; /* of a call or a program */
};
struct store_progress {
    bool of_finished; /* the rows below are of cells that have a result */
    bool *done;                                  /* by cell: it has a row */
    uint64_t cells, ok, errors, scored, correct; /* of those */
    /* Calls and programs of cells without a row, in the order written, without superseded ones. */
    const struct store_open_row *call, *command;
    size_t open_calls, open_commands;
    const struct store_open_row *setup; /* calls of no cell */
    size_t setup_calls;
    /* Of all calls, also superseded ones: all of it was paid for. */
    int64_t calls, sent, retries, tokens, nanousd, unknown_cost_calls;
    int64_t reserved_nanousd; /* for lost attempts */
};
/* With `finished`, the calls and programs are those of cells that have a row. */
int store_read_progress(struct store *store, bool finished, struct arena *arena,
                        struct store_progress *progress, struct err *err);

/* Sums over the instances of one node of a variant, in the order of variants and, within one, of
 * first appearance. One pass over the steps. */
struct store_node_total {
    int64_t variant;
    str node, pattern;
    int64_t instances, failed; /* failed: outcome "failed" */
    int64_t calls, sent, cached, unsent, attempts, retries;
    struct store_tokens tokens; /* the known part: never -1 */
    int64_t unknown_usage_calls;
    int64_t cost_nanousd, unknown_cost_calls, lost_attempts, cost_upper_nanousd;
    struct store_times times;
    int64_t duration_ns; /* end - start, summed */
};
typedef int store_node_total_fn(void *arg, const struct store_node_total *total);
int store_each_node_total(struct store *store, store_node_total_fn *fn, void *arg,
                          struct err *err);

/* The text of a store_text, in the arena; empty for id 0. */
int store_body(struct store *store, int64_t id, struct arena *arena, str *text,
               struct err *err);

/* --- many runs ----------------------------------------------------------------------------- */

struct store_listing {
    str path, id;
    struct store_run run; /* without definition */
    bool running;
    int64_t cells_done; /* rows in the file */
    int64_t own_cells;  /* of the plan, or of the shard that it is */
    str problem;        /* why it cannot be read; then run is empty */
};
/* The same of one file. ERR_INPUT when it is no run that weir can read. */
int store_list_one(str path, struct arena *arena, struct store_listing *listing,
                   struct err *err);
/* What a run cost so far: a pass over its cells. False: it cannot be read. */
bool store_cost(const char *path, int64_t *nanousd, int64_t *unknown_calls,
                int64_t *lost_attempts);
/* Removes the run's file and what a killed writer left beside it; *bytes is added to. ERR_INPUT
 * when a living process writes it, ERR_FAILED. */
int store_remove(const char *path, int64_t *bytes, struct err *err);
/* The .db files of a folder, newest first (by name, which begins with the start time). A folder
 * that does not exist has none. */
int store_runs(const char *folder, struct arena *arena, struct store_listing **runs,
               size_t *count, struct err *err);

#endif
