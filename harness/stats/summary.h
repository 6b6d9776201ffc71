/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The summary: one structure from which every output of a run is rendered.
 *
 * Feed it the finished rows of a run in any order, call summary_finish, read the result. Reporters
 * compute nothing: every number, interval, verdict, warning and sentence is here. The same rows
 * give the same bytes, whatever order they come in. Knows nothing of SQLite, files or formats.
 *
 *     struct summary *summary = summary_begin(&meta);
 *     while (...) if (summary_add_cell(summary, &row, err) != 0) ...
 *     while (...) if (summary_add_step(summary, &step, err) != 0) ...
 *     if (summary_finish(summary, err) != 0) ...
 *     ... summary->variants[v].accuracy.value ...
 *     summary_free(summary);
 *
 * Units: times _ns in nanoseconds, money _nanousd in 10^-9 dollars, _usd in dollars, shares in
 * [0,1], differences of shares in [-1,1] (1 point = 0.01). `maybe` values that are not known are
 * JSON null and a dash in text. Which method is used when, and why: docs/statistics.md.
 *
 * What depends on a clock (fields under "timing", warnings with `timing` set) may differ between
 * two runs of the same experiment and seed; everything else may not (docs/architecture.md). */
#ifndef STATS_SUMMARY_H
#define STATS_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "stats/gate.h"
#include "stats/maybe.h"
#include "stats/quantile.h"
#include "stats/reduce.h"

/* ---- what goes in ---- */

enum summary_status {
    SUMMARY_OK,       /* answered and scored */
    SUMMARY_ERROR,    /* the variant failed: counts as wrong */
    SUMMARY_TIMEOUT,  /* gave up at a deadline: counts as wrong, latency censored */
    SUMMARY_UNSCORED, /* the answer exists, the grader failed or nothing was expected */
    SUMMARY_SKIPPED,  /* never will run: early stop */
    SUMMARY_PENDING,  /* no result yet: a resume runs it */
    SUMMARY_STATUSES
};

/* "ok", "error", ...: also the keys of `statuses` in JSON. */
const char *summary_status_name(enum summary_status status);

struct summary_variant_meta {
    str name, pattern;
};

struct summary_score_meta {
    str name;
    double weight; /* 0: recorded, no part of correctness */
    bool clocked;  /* hangs on a clock: reported under timing */
    bool judged;   /* by a model's opinion */
    bool relative; /* to what the other variants of the same run put out */
};

/* A judge held against people (stats/judge_check.h). */
struct summary_judge_checked {
    bool validated;
    str text; /* what came of it, in a sentence; empty: nobody has done it */
};

#define SUMMARY_NO_BASELINE SIZE_MAX
enum { SUMMARY_FLIPS_MOST = 1000 };

/* Two variants that are compared. */
struct summary_pair {
    size_t baseline, candidate;
};

/* ---- requirements: what a run must show to pass ---- */

enum summary_metric {
    SUMMARY_ACCURACY,
    SUMMARY_SCORE,
    SUMMARY_NAMED, /* one score */
    SUMMARY_ERROR_RATE,
    SUMMARY_COST,    /* dollars per cell */
    SUMMARY_TOKENS,  /* per cell: all kinds of input, and output */
    SUMMARY_CALLS,   /* per cell */
    SUMMARY_RETRIES, /* per cell; timing */
    SUMMARY_LATENCY_P50,
    SUMMARY_LATENCY_P95, /* timing */
    SUMMARY_PASS_AT,
    SUMMARY_PASS_HAT,
    SUMMARY_MUST_PASS, /* every trial of the named samples is correct */
    SUMMARY_METRICS
};
/* "accuracy", "cost_usd", ... as in experiment files. */
const char *summary_metric_name(enum summary_metric metric);

enum summary_bar {
    SUMMARY_MIN,
    SUMMARY_MAX,
    SUMMARY_NOT_BELOW,
    SUMMARY_NOT_ABOVE,
    SUMMARY_ABOVE,
    SUMMARY_BELOW
};
const char *summary_bar_name(enum summary_bar bar);

/* What an inconclusive requirement counts as. */
enum summary_undecided {
    SUMMARY_UNDECIDED_FAIL,
    SUMMARY_UNDECIDED_PASS,
    SUMMARY_UNDECIDED_WARN
};

/* One rule about one variant. */
struct summary_rule {
    enum summary_metric metric;
    size_t score; /* of SUMMARY_NAMED */
    enum summary_bar bar;
    size_t variant;       /* SUMMARY_NO_BASELINE: those of left_out */
    size_t against;       /* a variant, or SUMMARY_NO_BASELINE: none that is at hand */
    str reference;        /* what the rule calls it */
    str left_out;         /* names of variants that it is about and that are not here; empty: none */
    bool against_left_out; /* the run left out what it is compared with */
    double limit;         /* min, max: a share, dollars, a count, ns */
    double margin, ratio; /* not_below, not_above: the one above 0 */
    unsigned k;           /* of pass_at_k and pass_hat_k; 0: the trials of meta */
    bool estimate;        /* the plain value decides, not the bound */
    enum summary_undecided undecided;
    size_t number; /* of the rule in the experiment's list, from 0 */
    const size_t *samples; /* that must pass: places in the data set file */
    size_t sample_count;
    str wanted; /* tags and ids as written */
};

struct summary_stop_rule; /* stats/summary_stop.h */
struct summary_stop;
/* How the samples of two sides were matched, where their datasets differ. Names are "a, b, …". */
struct summary_matching {
    uint64_t matched;
    uint64_t renamed;        /* of those: with another id and the same content */
    uint64_t only_baseline, only_candidate;
    uint64_t edited; /* in both counts above: the same id, another content */
    str baseline_ids, candidate_ids, edited_ids;
};

/* Samples that are looked at apart. */
struct summary_group {
    str by, name; /* "lang:" and "lang:de" */
    const uint32_t *samples; /* places in the data set */
    size_t count;
};

/* A harmless change that every sample also ran with (`perturb`). */
struct summary_perturbation {
    str name;
    uint64_t changed; /* samples that it makes another input of */
};

struct summary_meta {
    str version, experiment, run;
    str dataset, fingerprint; /* name and content hash; may be empty */
    bool mock;                /* answered by the mock server: every output says so */
    str replayed;             /* the cassette that answered; empty: none did */
    bool tuning;              /* the samples were also used to tune prompts */
    uint64_t seed;            /* report seed; 0 means the default, 1 */
    double confidence;        /* two-sided; 0 means 0.95 */
    double alpha;             /* significance; 0 means 0.05 */
    double power;             /* of the detectable difference; 0 means 0.8 */
    double margin;            /* of a non-inferiority requirement, or 0; see summary_front */
    size_t baseline;          /* index of a variant, or SUMMARY_NO_BASELINE */
    /* A baseline file that the run is compared with, and the run that it was saved of; empty: none. */
    str baseline_file, baseline_run;
    bool two_runs;            /* comparisons are of cells of two runs */
    bool all_pairs;           /* compare all pairs, not only each variant with the baseline */
    /* Compare these and no others, each candidate once: two runs side by side. Then there is no
     * baseline. */
    const struct summary_pair *pairs;
    size_t pair_count;
    size_t samples, trials;   /* planned: samples of the data set, trials of each */
    enum stats_reducer reducer; /* of right and wrong and of scores; 0: means */
    const struct summary_variant_meta *variants;
    size_t variant_count;
    size_t kept; /* of those the last ones: of the baseline file, and no cells of the run */
    const struct summary_score_meta *scores;
    size_t score_count;
    const struct summary_judge_checked *checked; /* by score; NULL: none was */
    const struct summary_rule *rules;
    size_t rule_count;
    const struct summary_perturbation *perturbations;
    size_t perturbation_count;
    const struct summary_matching *matching; /* of pairs of two datasets; NULL: of one */
    const struct summary_group *groups;
    size_t group_count;
    /* About the run as a whole, passed through to timing. */
    maybe wall_ns, cpu_ns, max_rss_bytes, lateness_p99_ns;
    /* Of cells that were started on a schedule; empty and unknown otherwise. */
    maybe rate; /* a second */
    str arrivals;
    /* Calls before the first cell, of no cell: examples were embedded. 0: there were none. */
    int64_t setup_calls, setup_tokens;
    maybe setup_usd;
    /* Calls that were paid for and count nowhere: their cells were run again. */
    int64_t superseded_calls;
    double superseded_usd; /* the known part */
    int64_t shard, shards; /* a part of a run: number, from 1, of how many; 0: the whole */
    const struct summary_stop_rule *stop; /* of a run that may end early; NULL: it may not */
    /* Of a run of some variants of its experiment alone: the names of the others, how many they are,
     * and which of them was the baseline; empty: none is left out. */
    str left_out, baseline_left_out;
    size_t left_outs;
};

struct summary_tokens {
    int64_t input, cache_read, cache_write, output, reasoning;
};

struct summary_money {
    int64_t known_nanousd;  /* of the calls whose price and usage are known */
    uint64_t unknown_calls; /* calls without: a total over them is not known */
    uint64_t lost_attempts; /* sent, then lost without usage: the total is a lower bound */
    int64_t upper_nanousd;  /* known part plus what was reserved for the lost attempts */
};

/* Identities, checked on adding: calls = sent + cached + unsent, retries = attempts - sent. */
struct summary_traffic {
    uint64_t calls, sent, cached, unsent;
    uint64_t attempts, retries;
};

/* One cell. Slices are copied. */
struct summary_cell_row {
    size_t variant;
    size_t sample; /* place in the data set file, from 0: the order of all samples */
    str sample_id;
    str cluster;    /* empty: the sample is a cluster of its own */
    bool alone;     /* of a comparison: the other side's dataset does not have the sample */
    unsigned trial; /* from 1 */
    enum summary_status status;
    str reason;          /* of the table of reasons; empty when there is none */
    maybe correct;       /* 0 or 1; required for ok, ignored otherwise */
    maybe score;         /* weighted mean in [0,1]; required for ok, ignored otherwise */
    const maybe *scores; /* score_count values in [0,1], unknown: does not apply; NULL: none */
    struct summary_money cost;
    int64_t paid_nanousd; /* of the known cost: not what cached calls once cost */
    struct summary_tokens tokens;
    struct summary_traffic traffic;
    /* Longest path, our own waits left out: what is compared. -1: the run stopped while the cell was
     * open and part of it is not known; its times are left out, and counted. With cached calls in it, it is that
     * of other runs, and never stands beside measured ones. */
    int64_t latency_ns;
    int64_t wall_ns; /* -1: the run stopped while the cell was open */
    int64_t provider_ns, permit_wait_ns, backoff_ns, store_wait_ns, connect_ns;
    int64_t late_ns; /* part of wall_ns: started that much after its scheduled time */
    int64_t critical_path_ns, total_work_ns;
    int64_t ttft_ns;     /* sum over the calls that have a time to first token */
    uint64_t ttft_calls; /* how many have */
    /* 0: of the sample as it is; else of the sample changed by perturbations[perturbation - 1]. Such
     * cells are in no figure of the variant but those of stats/summary_robust.h. */
    size_t perturbation;
    uint64_t answer; /* equal for equal answers (base/answer.h); 0: there is none */
    str shape;       /* of the answer; empty: not known */
};

/* What a call is made for. */
enum summary_role {
    SUMMARY_STEP,
    SUMMARY_ROUTER, /* within the classifier of a route */
    SUMMARY_JUDGE,  /* for a score: in no count and cost of cells and steps */
    SUMMARY_ROLES
};
const char *summary_role_name(enum summary_role role); /* "step", "router", "judge" */

/* One instance of a step in one cell. */
struct summary_step_row {
    size_t variant, sample;
    unsigned trial;
    size_t order; /* place of the node in the variant's tree, document order */
    str path;     /* indexes as [*] */
    str pattern;
    str failure; /* kind of its failure; empty: it did not fail */
    maybe score; /* in [0,1]; unknown: not scored */
    bool wrong;  /* it has a score, which did not pass */
    enum summary_role role;
    struct summary_money cost;
    struct summary_tokens tokens;
    struct summary_traffic traffic;
    bool is_cached; /* there are cached calls in its cell: no measured time */
    int64_t latency_ns;
    /* Attempts and backoff of its own calls, and programs; -1: its cell has no measured time. */
    int64_t work_ns;
};

/* What a score asked a model in one cell. */
struct summary_judge_row {
    size_t variant, sample, score;
    size_t perturbation; /* as of its cell */
    unsigned trial;
    bool ungraded;   /* no answer came: the score has no value for that reason */
    maybe agreement; /* of a judge asked several times, in [0,1] */
    struct summary_money cost;
    struct summary_tokens tokens;
    struct summary_traffic traffic;
    int64_t work_ns; /* attempts and backoff of all its calls */
};

/* What patterns said of themselves in the trace of a cell, and what scores said of their parts: for
 * the diagnosis. Beside each kind stands which members it uses. */
enum summary_note_kind {
    SUMMARY_NOTE_ROUTED,   /* a route ran: name: the case taken; empty: none. yes: it had a label */
    SUMMARY_NOTE_LABELLED, /* its classifier was scored: name: the label given, other: the one
                              wanted; yes: it passed */
    SUMMARY_NOTE_ROUND,    /* round `index`, from 0, of a refinement: first: its evaluator's score,
                              second: likeness to the draft before; yes: accepted */
    SUMMARY_NOTE_ENDED,    /* a refinement ended: name: why ("accepted", "max_rounds", "similar");
                              empty: it failed or was cut short. yes: a rejection is a failure */
    SUMMARY_NOTE_DRAFT,    /* draft `index` as if it were the answer, by one score: first: value;
                              yes: it passed */
    SUMMARY_NOTE_DRAFT_STEP, /* the same by a score of drafts, which has no say in the answer */
    SUMMARY_NOTE_PLANNED,  /* a plan: index: plans rejected before; first: its tasks, second: those
                              that say what another says; yes: it was valid at last */
    SUMMARY_NOTE_AMENDED,  /* ...: index: tasks cut off; first: duplicates, second: tasks of no
                              worker's type, that were dropped */
    SUMMARY_NOTE_WORKER,   /* ...: name: a worker, index: its tasks */
    SUMMARY_NOTE_COVERED,  /* ... against what was wanted: index: items in both, first: given,
                              second: wanted */
    SUMMARY_NOTE_POLLED,   /* a vote: index: voters asked, first: those that stop_early would ask */
    SUMMARY_NOTE_KINDS
};

struct summary_note {
    size_t variant, sample;
    unsigned trial;
    str path;          /* of the pattern's node, indexes as [*] */
    uint32_t instance; /* tells those at one path in one cell apart */
    enum summary_note_kind kind;
    uint32_t index, score; /* score: of DRAFT and DRAFT_STEP, its place in meta */
    str name, other;
    maybe first, second;
    bool yes;
};

/* ---- what comes out ---- */

/* What calls came to. */
struct summary_account {
    struct summary_traffic traffic;
    struct summary_tokens tokens;
    struct summary_money cost;
    maybe cost_usd; /* unknown when a call's cost is */
};

/* A number with its interval. When value is unknown, `reason` says why in a few words. */
struct summary_estimate {
    maybe value, low, high;
    const char *method; /* "wilson", "wilson_neff", "mean_t", "ratio_logdelta", ...; "none" */
    maybe se;
    maybe n_eff; /* independent trials that say as much; proportions only */
    uint64_t n;  /* values behind it: scored trials for shares, samples for means and ratios */
    const char *reason; /* NULL when value is known */
};

/* What a score asked, over all cells of a variant. */
struct summary_judge {
    struct summary_account account;
    uint64_t cells;    /* in which it asked */
    uint64_t ungraded; /* in which no answer came */
    struct summary_estimate agreement; /* of repeats: mean over samples; n: cells that have one */
    maybe work_ns; /* timing: mean of a cell */
};

struct summary_count {
    enum summary_status status;
    str reason;
    uint64_t count;
};

/* Reliability over k tries, k = index + 1. */
struct summary_reliability {
    struct summary_estimate pass_at, pass_hat;
    uint64_t left_out; /* samples with fewer than k scored trials */
};

enum summary_level { SUMMARY_P50, SUMMARY_P90, SUMMARY_P95, SUMMARY_P99, SUMMARY_LEVELS };
extern const unsigned summary_permille[SUMMARY_LEVELS]; /* 500, 900, 950, 990 */

struct summary_step {
    str path, pattern;
    uint64_t instances, ok, failed;
    struct summary_count *failures; /* by kind; status is SUMMARY_ERROR or SUMMARY_TIMEOUT */
    size_t failure_count;
    struct summary_traffic traffic;
    struct summary_tokens tokens;
    struct summary_money cost;
    maybe cost_usd;
    /* Of a finished cell: what steps add up to. */
    maybe cost_per_cell_usd, tokens_per_cell; /* all kinds of input, and output */
    struct summary_estimate accuracy; /* mean step score over scored instances */
    /* timing */
    maybe work_per_cell_ns; /* attempts, backoff and programs; of the cells that were timed */
    struct summary_estimate latency_ns; /* mean of an instance */
    struct stats_quantile p50_ns, p95_ns;
};

enum summary_front_place {
    SUMMARY_FRONT_UNKNOWN,  /* cost or accuracy is not known */
    SUMMARY_FRONT_ON,       /* no other variant is as accurate and as cheap */
    SUMMARY_FRONT_OFF,      /* dominated on these samples, not clearly */
    SUMMARY_FRONT_DOMINATED /* clearly: another is better (or within the margin) and cheaper */
};

struct summary_variant {
    str name, pattern;
    uint64_t cells, samples, trials; /* trials: the most that any sample has */
    uint64_t finished;               /* ok, error, timeout, unscored */
    uint64_t statuses[SUMMARY_STATUSES];
    struct summary_count *reasons; /* cells that have a reason; by status, then by name */
    size_t reason_count;

    uint64_t correct, scored; /* cells */
    struct summary_estimate accuracy;
    struct summary_estimate accuracy_without_errors; /* for diagnosis only */
    maybe accuracy_worst, accuracy_best;             /* all unscored wrong, all right */
    struct summary_estimate score;
    struct summary_estimate *scores; /* one for each meta score */
    struct summary_estimate error_rate;
    /* Same samples again (of means alone); correlation of trials within a sample. */
    maybe se_rerun, icc;
    bool identical_trials;
    struct summary_reliability *reliability; /* k = 1 .. trials; NULL for one trial */
    size_t reliability_count;

    struct summary_traffic traffic;
    maybe calls_per_cell; /* finished cells */
    struct summary_tokens tokens;
    struct summary_money cost;
    maybe cost_usd; /* unknown when a call's cost is */
    double known_usd, upper_usd;
    struct summary_estimate cost_per_cell_usd, cost_per_correct_usd;
    struct summary_account roles[SUMMARY_ROLES]; /* steps and routers: all of the above */
    bool has_roles; /* false: without steps it is not known who made the calls (a baseline file) */
    struct summary_judge *judges;                /* one for each meta score */
    struct summary_step *steps;
    size_t step_count;
    enum summary_front_place front;
    size_t dominated_by; /* variant; valid when front says so */

    /* timing */
    struct stats_quantile latency_ns[SUMMARY_LEVELS];
    struct summary_estimate latency_mean_ns; /* timeouts at their elapsed time */
    bool latency_at_least;                   /* there are timeouts in it */
    uint64_t latency_lost; /* finished cells without a latency, since part of it was lost */
    maybe wall_ns, provider_ns, permit_wait_ns, backoff_ns, store_wait_ns, connect_ns;
    maybe critical_path_ns, total_work_ns; /* means per finished cell */
    /* With a rate: from the scheduled start to the end, by the clock. */
    struct stats_quantile scheduled_ns[SUMMARY_LEVELS];
    maybe ttft_ns;           /* mean per call */
    uint64_t cached_cells;   /* with replies of earlier runs: in none of the times above */
    maybe cached_latency_ns; /* mean of those, as it was when they were made */
    maybe paid_usd;          /* the part of cost_usd that this run paid */

    struct summary_perturbed *perturbed; /* one a perturbation: stats/summary_robust.h */
    struct summary_consistency *consistency; /* there; NULL: no sample has two answers */
    struct summary_diagnosis *diagnosis; /* stats/summary_diagnosis.h; NULL: nothing to say */

    /* Sentences, ready to print; empty where there is nothing to say. */
    str accuracy_text, rerun_text, cost_text;
    str latency_text; /* timing */
    str judge_text;
};

enum summary_verdict {
    SUMMARY_NOT_COMPARABLE, /* no paired sample */
    SUMMARY_NO_CLEAR_DIFFERENCE,
    SUMMARY_BETTER,
    SUMMARY_WORSE,
    SUMMARY_UNPAIRED, /* of two sides that share no sample: estimated, not tested */
};

/* "better", "worse", "no clear difference", "not comparable", "unpaired". */
const char *summary_verdict_name(enum summary_verdict verdict);

/* A sample that the candidate gets right and the baseline wrong, or the other way round: right is
 * a sample of whose scored trials more than half are. Failed trials are wrong ones. */
struct summary_flip {
    size_t sample; /* place in the data set file */
    str sample_id;
    uint64_t baseline_right, baseline_scored, candidate_right, candidate_scored; /* trials */
    bool gained; /* the candidate has it right */
};

/* How many samples it would take to find a true difference with the power of meta, were they like
 * these; of an unpaired comparison on each side. */
enum { SUMMARY_POWERS = 4 };
struct summary_power {
    double difference;
    uint64_t samples; /* 0: not known */
};

/* Candidate against baseline on the samples that both have. */
struct summary_comparison {
    size_t baseline, candidate; /* variants */
    uint64_t pairs, dropped;    /* samples compared; left out for want of a scored trial */
    struct summary_estimate accuracy; /* difference; newcombe_paired, cluster_t or plus_two */
    maybe low_simultaneous, high_simultaneous; /* at confidence 1 - alpha/family */
    const char *test; /* "mcnemar_exact", "signflip_exact", "signflip_enumerated",
                         "signflip_mc", "none" */
    maybe p, p_adjusted;
    uint64_t family; /* tests that p was adjusted for */
    enum summary_verdict verdict;
    bool borderline;  /* only one of test and interval says so */
    bool unscored;    /* over 2 % of a variant's trials are unscored: a gate is inconclusive */
    maybe detectable; /* difference found with the power of meta */
    struct summary_power powers[SUMMARY_POWERS];
    struct summary_estimate score; /* difference of mean scores: estimated, not tested */
    struct summary_estimate cost_ratio, cost_ratio_typical;
    bool cost_dominated; /* few samples decide: the interval is approximate */
    str accuracy_text, cost_text;
    uint64_t gained, lost; /* samples that are flips */
    /* Lost ones first, the clearest first; of each kind at most SUMMARY_FLIPS_MOST. */
    struct summary_flip *flips;
    size_t flip_count;
    str flips_text; /* empty without flips */

    /* timing */
    struct summary_estimate latency_ratio, latency_ratio_typical;
    struct summary_estimate latency_shift_ns; /* hodges_lehmann, or median over 3000 */
    maybe shift_coverage;                     /* of hodges_lehmann: what its interval covers */
    bool latency_dominated, latency_at_least;
    str latency_text, shift_text;
};

/* A rule, judged. */
struct summary_requirement {
    const struct summary_rule *rule;
    bool
        judged; /* false: what it is compared with is not at hand; it neither passes nor fails */
    enum stats_gate_verdict verdict;
    bool failed; /* the exit code says so: FAIL, or INCONCLUSIVE that counts as it */
    bool timing; /* rests on a clock */
    /* The metric, the difference or the ratio to the other variant, with the bounds that decide:
     * one-sided at 1 - alpha each; for above and below the interval at meta.confidence. */
    struct summary_estimate measured; /* n: samples */
    bool is_ratio, is_difference;
    uint64_t samples_needed; /* in all, to settle it 4 times out of 5; 0: not known */
    bool assumes_equal;      /* ... if both are equal; else if the true value is what was seen */
    str what;                /* "accuracy of vote is not below single, margin 5.0 points" */
    str text;                /* why, as a sentence */
};

/* A group of samples apart: looked at, not tested. */
struct summary_slice {
    str by, name;
    uint64_t samples; /* with a finished cell of any variant */
    struct summary_estimate *accuracy;   /* by variant */
    struct summary_estimate *difference; /* by comparison, on the samples of the group */
};

struct summary_warning {
    const char *code; /* stable, for scripts: "mock", "few-samples", "errors", ... */
    bool timing;      /* rests on a clock */
    size_t variant;   /* SUMMARY_NO_BASELINE: about the whole run */
    str text;
};

/* What replies say of the model that they are from; empty: not said. */
struct summary_replier {
    size_t variant;
    str model; /* its name in the experiment */
    str reported, fingerprint;
};

struct summary {
    struct summary_meta meta;               /* defaults filled in, slices owned */
    struct summary_variant *variants;       /* as many and in the order of meta */
    struct summary_comparison *comparisons; /* against the baseline, or all pairs */
    size_t comparison_count;
    struct summary_contest *contests; /* stats/summary_contest.h: one for each score with pairs */
    size_t contest_count;
    bool clustered;  /* some cluster has several samples */
    struct summary_requirement *requirements; /* one for each rule of meta */
    size_t requirement_count;
    bool requirement_failed; /* of any */
    const struct summary_stop *stop; /* NULL: the run had no reason to end early */
    /* Of all that were judged: FAIL if any is, else INCONCLUSIVE if one of those counts, else PASS.
     * NULL: none was judged. */
    const char *requirement_verdict;
    struct summary_slice *slices; /* one for each group of meta */
    size_t slice_count;
    size_t winner;   /* better than every other variant, or SUMMARY_NO_BASELINE */
    str winner_text; /* "No clear winner among: a, b"; empty for one variant */
    /* What to look at first: the only variant, the winner, or the one that costs least of those
     * that none is better than; SUMMARY_NO_BASELINE when that cannot be said. */
    size_t advised;
    str advice_text;         /* how right it is, and what it costs */
    str advice_latency_text; /* timing: how long it takes */
    maybe late_p50_ns, late_p99_ns;   /* on a schedule: how late cells were started */
    bool late_starts;                 /* ... too late for the times to be believed */
    struct summary_recommendations *recommendations; /* stats/summary_recommend.h; NULL: nothing to go by */
    struct summary_replier *repliers; /* in the order added */
    size_t replier_count;
    struct summary_warning *warnings;
    size_t warning_count;
    struct arena arena;           /* owns everything above */
    struct summary_rows *private; /* rows until summary_finish */
};

/* Copies meta. The caller frees with summary_free, also after an error. */
struct summary *summary_begin(const struct summary_meta *meta);
void summary_free(struct summary *summary);

/* Variant `variant` has what score `score` looks at. A score that no variant was named for is one
 * of all variants; a variant without it has no value there, not 0. Before summary_finish. */
void summary_score_of(struct summary *summary, size_t variant, size_t score);

/* ERR_INPUT, naming cell and value: a variant that is not there, a score outside [0,1], negative
 * time or cost, an ok cell without `correct` and `score`, counts that break an identity. */
int summary_add_cell(struct summary *summary, const struct summary_cell_row *row,
                     struct err *err);
int summary_add_step(struct summary *summary, const struct summary_step_row *row,
                     struct err *err);
int summary_add_judge(struct summary *summary, const struct summary_judge_row *row,
                      struct err *err);
int summary_add_note(struct summary *summary, const struct summary_note *note, struct err *err);
/* Of a variant whose steps are not added: what its routers used, which is a part of its cells, and
 * what judges used, which is not. */
void summary_tell_roles(struct summary *summary, size_t variant,
                        const struct summary_account *router,
                        const struct summary_account *judge);
void summary_account_add(struct summary_account *sum, const struct summary_account *more);
/* Of the variant's calls, each combination once. Slices are copied. Different ones for one model
 * are a warning: the provider changed what stands behind its name. */
void summary_add_replier(struct summary *summary, const struct summary_replier *replier);

/* Computes everything. ERR_INPUT for a cell that was added twice, or a sample with two ids or
 * clusters. To be called once; rows cannot be added afterwards. */
int summary_finish(struct summary *summary, struct err *err);

#endif
