/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_score.c: weir score: the scores of the experiment as it is now, on answers that a run has.
 *
 * Every finished cell runs again from what is stored of it: calls and programs are answered by
 * their rows, so that a score sees exactly what it would have seen. Nothing else may be asked; what
 * is not stored means that the workflow is another. The result is a run of its own with the old
 * rows and the new scores; the old run stays as it is.
 */
#include "cmd/cmd.h"
#include "session/again.h"
#include "session/difference.h"
#include "session/mock.h"
#include "session/places.h"
#include "session/side.h"

#include "base/file.h"
#include "plan/experiment_scores.h"
#include "run/replay.h"
#include "run/run.h"
#include "score/ask.h"
#include "score/score.h"
#include "store/columns.h"
#include "store/db.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

struct score_cmd {
    bool yes, quiet;
    str mock_url;
    int64_t max_cost, max_calls, max_tokens;
};

static const struct opt score_cmd_options[] = {
    OPT_BOOL(score_cmd, yes, .letter = 'y', .fallback = "false",
             .help = "judges may be asked where their answers are not stored"),
    OPT_USD(score_cmd, max_cost, .help = "dollars that judges may spend"),
    OPT_INT(score_cmd, max_calls, .min = 1, .max = 1e15, .help = "calls that judges may make"),
    OPT_INT(score_cmd, max_tokens, .min = 1, .max = 1e15, .help = "tokens that judges may use"),
    OPT_TEXT(score_cmd, mock_url, .word = "URL",
             .help = "a weir-mock that runs already, for the judges of a mock's run"),
    OPT_BOOL(score_cmd, quiet, .letter = 'q', .fallback = "false",
             .help = "print nothing but the path of the new run"),
    OPT_END,
};

struct rescoring {
    struct arena *arena;
    struct err *err;
    const struct score_cmd *options;
    struct again again;
    const struct experiment *experiment;
    bool asks;          /* judges may be asked */
    str path, building; /* of the new run; where it is made */
    str id;
    struct store_run old; /* texts in the arena */
    struct run_result result;
    bool whole; /* every cell with a result was scored */
};

/* ---- may it be done? ---- */

static json *workflow_of(struct arena *arena, const json *definition)
{
    json *copy = json_new_object(arena);
    for (const json *part = json_first(definition); part; part = json_next(part))
        if (!str_equal(json_key(part), STR("score")) &&
            !str_equal(json_key(part), STR("baseline")))
            json_set(arena, copy, json_key(part), part);
    return copy;
}

static int check_workflow(struct rescoring *r)
{
    char hash[33];
    const json *was = json_parse(r->arena, r->old.definition, NULL);
    struct buf told = {0};
    hash_hex(r->experiment->dataset.hash, hash);
    size_t count = difference_of(workflow_of(r->arena, was),
                                 workflow_of(r->arena, r->experiment->effective), 20, &told);
    if (!str_equal(r->old.dataset_hash, str_from(hash))) {
        buf_printf(&told, "  dataset: its samples are not the same\n");
        count++;
    }
    if (count)
        fprintf(stderr, "More than the scores was edited since the run:\n%.*s", (int)told.n,
                told.p);
    buf_release(&told);
    return count == 0
               ? 0
               : err_set(r->err, ERR_INPUT,
                         "%s: its answers are of another workflow; undo the edit, or run "
                         "it anew",
                         r->again.path.p);
}

/* Cells that a score which asks a model was not asked about in this form. */
static int check_judges(struct rescoring *r, int64_t cells)
{
    const struct experiment *experiment = r->experiment;
    const json *was = json_get(json_parse(r->arena, r->old.definition, NULL), STR("score"));
    const json *is = json_get(experiment->effective, STR("score"));
    str names = {"", 0};
    int64_t calls = 0;
    for (size_t i = 0; i < experiment->scores; i++) {
        const struct score *score = &experiment->score[i];
        int64_t variants = 0;
        for (size_t v = 0; v < experiment->variants; v++)
            variants += score->applies[v];
        if (!score->model || json_equal(json_get(was, score->name), json_get(is, score->name)))
            continue;
        names = arena_printf(r->arena, "%.*s%s%.*s", STR_ARG(names), names.n ? ", " : "",
                             STR_ARG(score->name));
        calls +=
            cells * variants / (int64_t)experiment->variants * score_calls(experiment, score);
    }
    r->asks = r->options->yes;
    if (names.n == 0 || r->asks)
        return 0;
    if (isatty(STDIN_FILENO)) {
        char answer[16] = "";
        fprintf(stderr, "%.*s: up to about %lld calls of models. Make them? [y/N] ",
                STR_ARG(names), (long long)calls);
        r->asks = fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
    }
    return r->asks ? 0
                   : err_set(r->err, ERR_INPUT,
                             "%.*s: would ask models, in up to about %lld calls (more for "
                             "scores of steps); expected --yes, and --max-cost to limit it",
                             STR_ARG(names), (long long)calls);
}

/* ---- scoring ---- */

static int finish(struct rescoring *r, struct store *store, bool whole)
{
    bool finished = whole && r->old.state == STORE_FINISHED;
    struct store_run end = {
        .state = finished ? STORE_FINISHED : STORE_INTERRUPTED,
        .stop_reason = whole ? r->old.stop_reason : STR("some cells were not scored"),
        .max_rss_bytes = r->old.max_rss_bytes,
        .lateness_p99_ns = r->old.lateness_p99_ns,
    };
    return store_finish(store, &end, r->err);
}

static int run_scores(struct rescoring *r, struct store *store)
{
    struct run_options run = {
        .signals = true,
        .experiment = r->experiment,
        .store = store,
        .ask = score_ask,
        .score = score_cell,
        .contest = experiment_has_contest(r->experiment) ? score_contest : NULL,
        .rescore = true,
        .rescore_asks = r->asks,
    };
    if (resume_open_finished(&run.resume, r->again.path.p, r->err) < 0)
        return -1;
    int result = run_execute(&run, &r->result, r->err);
    resume_close(run.resume);
    return result;
}

static int score_copy(struct rescoring *r)
{
    char hash[33];
    struct store_copied copied;
    struct store *store;
    hash_hex(r->experiment->hash, hash);
    struct store_run as = {
        .id = r->id,
        .definition = json_to_str(r->arena, r->experiment->effective, JSON_COMPACT),
        .experiment_hash = str_from(hash),
        .options = r->old.options,
        .scored_from = r->old.id,
    };
    unlink(r->building.p);
    if (store_copy(&store, r->again.path.p, r->building.p, &as,
                   experiment_has_contest(r->experiment), &copied, r->err) < 0)
        return -1;
    if (copied.skipped)
        fprintf(stderr,
                "%lld cells are skipped now: the run stopped before those that they would be "
                "compared with\n",
                (long long)copied.skipped);
    int result = run_scores(r, store);
    r->whole = result == 0 && r->result.counters.cells_done >= (uint64_t)copied.cells;
    bool paid = r->result.counters.calls > 0; /* for answers of judges: they are kept */
    struct err closing = {0};
    struct err *first = r->err;
    if (result < 0)
        r->err = &closing;
    int closed = finish(r, store, r->whole);
    r->err = first;
    if (result < 0 || closed < 0 || store_supersede_judges(r->building.p, r->err) < 0)
        return -1;
    if (!r->whole && !paid)
        return err_set(r->err, ERR_DOWN, "%s: nothing was scored, the run is as it was",
                       r->result.reason && r->result.reason[0] ? r->result.reason : "stopped");
    if (!r->whole && store_drop_unscored(r->building.p, r->err) < 0)
        return -1;
    if (link(r->building.p, r->path.p) < 0)
        return err_set(r->err, ERR_FAILED, "%s: cannot be written: %s", r->path.p,
                       strerror(errno));
    return 0;
}

/* ---- what changed ---- */

static bool same_maybe(maybe a, maybe b)
{
    return a.known == b.known && (!a.known || (a.value <= b.value && a.value >= b.value));
}

static bool same_cell(const struct summary_cell_row *a, const struct summary_cell_row *b)
{
    return a->variant == b->variant && a->sample == b->sample && a->trial == b->trial;
}

static int tell_changes(struct rescoring *r)
{
    struct side was, is;
    if (side_of_run(&was, r->again.path, r->arena, r->err) < 0 ||
        side_of_run(&is, r->path, r->arena, r->err) < 0)
        return -1;
    size_t changed = 0, up = 0, down = 0;
    for (size_t i = 0, k = 0; i < is.cells; i++) {
        const struct summary_cell_row *b = &is.cell[i];
        while (k < was.cells && !same_cell(&was.cell[k], b))
            k++; /* skipped now */
        if (k == was.cells)
            break;
        const struct summary_cell_row *a = &was.cell[k];
        bool right_before = a->correct.known && a->correct.value > 0.5,
             right_now = b->correct.known && b->correct.value > 0.5;
        up += right_now && !right_before;
        down += right_before && !right_now;
        changed += a->status != b->status || !same_maybe(a->correct, b->correct) ||
                   !same_maybe(a->score, b->score);
    }
    fprintf(stderr,
            "%zu cells scored again, %llu calls; %zu changed: %zu are correct now, %zu are not "
            "any more\n",
            is.cells, (unsigned long long)r->result.counters.calls, changed, up, down);
    return 0;
}

static int rescore(struct rescoring *r)
{
    struct side before;
    str folder = path_folder(r->arena, r->again.path);
    if (side_of_run(&before, r->again.path, r->arena, r->err) < 0 || check_workflow(r) < 0 ||
        check_judges(r, (int64_t)before.cells) < 0)
        return -1;
    run_new_id(r->arena, folder, &r->id, &r->path);
    r->building = arena_printf(r->arena, "%.*s/%.*s.scoring", STR_ARG(folder), STR_ARG(r->id));
    struct mock mock = {.url = r->options->mock_url};
    if (r->asks && r->old.mock && !mock.url.n &&
        mock_start(&mock, r->experiment, r->arena, r->err) < 0)
        return -1;
    int result = providers_prepare(r->arena, r->experiment, r->old.mock ? mock.url : STR(""),
                                   !r->asks, r->err);
    if (result == 0)
        result = score_copy(r);
    if (!r->options->quiet)
        mock_made_up(&mock, r->arena);
    mock_stop(&mock);
    unlink(r->building.p);
    if (result == 0 && !r->whole)
        fprintf(stderr, "%s after %llu cells; weir run --resume %.*s asks for the rest\n",
                r->result.reason && r->result.reason[0] ? r->result.reason : "stopped",
                (unsigned long long)r->result.counters.cells_done, STR_ARG(r->path));
    if (result < 0 || (r->whole && !r->options->quiet && tell_changes(r) < 0))
        return -1;
    if (r->options->quiet || !isatty(STDOUT_FILENO))
        printf("%.*s\n", STR_ARG(r->path));
    else
        fprintf(stderr, "run: %.*s\n", STR_ARG(r->path));
    return r->whole ? EXIT_FINE : EXIT_INCOMPLETE;
}

static int score_run(struct arena *arena, const void *given, const str *arg, size_t args,
                     struct err *err)
{
    const struct score_cmd *options = given;
    struct rescoring r = {.arena = arena, .err = err, .options = options};
    str path;
    if (cmd_no_more(arg, args, 2, err) < 0 ||
        run_find(arena, cmd_arg(arg, args, 0), &path, err) < 0)
        return -1;
    struct again_options wanted = {
        .run = path, .experiment = cmd_arg(arg, args, 1), .retry_errors = true};
    struct experiment_options overrides = {
        .seed = -1,
        .no_baseline = true, /* the run keeps its own; of other scores it is none */
        .max_nanousd = options->max_cost,
        .max_calls = options->max_calls,
        .max_tokens = options->max_tokens,
    };
    int found = again_find(&r.again, &wanted, arena, err);
    if (found == 0)
        found = again_take_options(&r.again, arena, &overrides, err);
    if (found == 0 && store_is_running(r.again.store))
        found = err_set(err, ERR_INPUT, "%s: is being written; expected a run that has ended",
                        path.p);
    if (found == 0) {
        r.old = *r.again.run;
        db_read_keep(arena, &tables[TABLE_RUN], &r.old);
        r.experiment = experiment_load(arena, r.again.experiment_path, &overrides, err);
    }
    again_release(&r.again);
    return r.experiment ? rescore(&r) : -1;
}

const struct cmd cmd_score = {
    .name = "score",
    .usage = "[RUN] [EXP] [options]",
    .summary = "apply the experiment's scores as they are now to a run's stored answers",
    .details =
        "No workflow is run again: calls and programs are answered by what is stored. The\n"
        "result is a new run beside the old one, which stays as it is. An edit of anything\n"
        "but scores is refused. Judges whose answers are not stored ask first, or --yes.",
    CMD_OPTIONS(score_cmd),
    .run = score_run,
};
