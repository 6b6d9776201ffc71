/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_run.c: runs and what is known of them afterwards (see e2e_run.h).
 */
#include "e2e_run.h"

#include <dirent.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/file.h"
#include "store/store.h"

/* ---- running ---- */

static const char **with_run_words(struct place *place, const char *first, va_list rest)
{
    const char **argv = arena_array(&place->arena, const char *, 40);
    size_t n = 0;
    argv[n++] = E2E_WEIR;
    argv[n++] = "run";
    argv[n++] = "--quiet";
    for (const char *word = first; word && n < 38; word = va_arg(rest, const char *))
        argv[n++] = word;
    return argv;
}

/* --quiet prints the path and nothing else (a contract with scripts). */
static const char *path_printed(struct place *place, const struct ended *ended)
{
    str line = ended->out, rest;
    if (!str_cut(ended->out, '\n', &line, &rest) || rest.n || !line.n)
        return NULL;
    str path = line.p[0] == '/'
                   ? arena_str(&place->arena, line)
                   : arena_printf(&place->arena, "%s/%.*s", place->folder, STR_ARG(line));
    return file_exists(path.p) ? path.p : NULL;
}

static struct ran run_words(struct place *place, const char *first, va_list rest)
{
    struct child child = child_start(place, with_run_words(place, first, rest));
    struct ran ran = {.ended = child_wait(&child)};
    ran.db = path_printed(place, &ran.ended);
    return ran;
}

struct ran run_quiet(struct place *place, const char *argument, ...)
{
    va_list rest;
    va_start(rest, argument);
    struct ran ran = run_words(place, argument, rest);
    va_end(rest);
    return ran;
}

struct ran run_good(struct place *place, const char *argument, ...)
{
    va_list rest;
    va_start(rest, argument);
    struct ran ran = run_words(place, argument, rest);
    va_end(rest);
    assert_code(ran.ended, 0);
    if (!ran.db)
        fail_msg("stdout is not the path of a run and nothing else:\n%.*s",
                 STR_ARG(ran.ended.out));
    return ran;
}

static size_t find_runs(struct place *place, const char *folder, const char **found)
{
    str runs = arena_printf(&place->arena, "%s/%s/.weir/runs", place->folder, folder);
    size_t count = 0;
    DIR *dir = opendir(runs.p);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!str_ends_with(str_from(entry->d_name), STR(".db")))
            continue;
        *found = arena_printf(&place->arena, "%s/%s", runs.p, entry->d_name).p;
        count++;
    }
    if (dir)
        closedir(dir);
    return count;
}

const char *only_run(struct place *place, const char *folder)
{
    const char *found = NULL;
    size_t count = find_runs(place, folder, &found);
    if (count != 1)
        fail_msg("there are %zu runs below %s, not one", count, folder);
    return found;
}

bool run_has_rows(struct place *place, const char *table, int64_t rows)
{
    const char *db = NULL;
    return find_runs(place, ".", &db) == 1 &&
           sql_int(db, "SELECT count(*) FROM sqlite_master WHERE name = '%s'", table) > 0 &&
           sql_int(db, "SELECT count(*) FROM %s", table) >= rows;
}

/* ---- the file, past the store ---- */

void sql_run(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, LIMIT_S * 1000);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

struct question {
    sqlite3 *db;
    sqlite3_stmt *statement;
};

static struct question ask(const char *path, str sql)
{
    struct question question;
    if (!path)
        fail_msg("there is no run to ask: %.*s", STR_ARG(sql));
    assert_int_equal(sqlite3_open_v2(path, &question.db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    sqlite3_busy_timeout(question.db, LIMIT_S * 1000);
    if (sqlite3_prepare_v2(question.db, sql.p, -1, &question.statement, NULL) != SQLITE_OK ||
        sqlite3_step(question.statement) != SQLITE_ROW)
        fail_msg("%.*s: no row: %s", STR_ARG(sql), sqlite3_errmsg(question.db));
    return question;
}

static void ask_end(struct question *question)
{
    sqlite3_finalize(question->statement);
    sqlite3_close(question->db);
}

int64_t sql_int(const char *db, const char *format, ...)
{
    struct arena arena = {0};
    va_list args;
    va_start(args, format);
    struct question question = ask(db, arena_vprintf(&arena, format, args));
    va_end(args);
    int64_t value = sqlite3_column_int64(question.statement, 0);
    ask_end(&question);
    arena_release(&arena);
    return value;
}

str sql_text(struct place *place, const char *db, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct question question = ask(db, arena_vprintf(&place->arena, format, args));
    va_end(args);
    const unsigned char *text = sqlite3_column_text(question.statement, 0);
    size_t size = (size_t)sqlite3_column_bytes(question.statement, 0);
    str copy = arena_str(&place->arena, (str){(const char *)text, text ? size : 0});
    ask_end(&question);
    return copy;
}

/* ---- identities ---- */

/* A cell that was run again has calls that count no more. */
#define CALLS_USED "(SELECT * FROM call WHERE superseded IS NOT 1)"

/* Each counts rows that break it. The store asserts some of them when it opens a file; here they
 * are asked again from the rows themselves, so that a wrong sum in a cell cannot hide. */
static const char *const identities[] = {
    "SELECT count(*) FROM cell WHERE calls <> sent + cached + unsent",
    "SELECT count(*) FROM cell WHERE retries <> attempts - sent",
    /* cells against their calls but those of judges: calls that a limit forbade have no row */
    "SELECT count(*) FROM cell c WHERE sent <> (SELECT count(*) FROM " CALLS_USED " k"
    " WHERE k.cell = c.cell AND k.role <> 'judge' AND k.source = 'sent')",
    "SELECT count(*) FROM cell c WHERE attempts <> (SELECT coalesce(sum(attempts), 0)"
    " FROM " CALLS_USED " k WHERE k.cell = c.cell AND k.role <> 'judge' AND k.source = 'sent')",
    "SELECT count(*) FROM cell c WHERE lost_attempts <> (SELECT coalesce(sum(lost_attempts), 0)"
    " FROM " CALLS_USED " k WHERE k.cell = c.cell AND k.role <> 'judge')",
    "SELECT count(*) FROM cell c WHERE cost_nanousd <> (SELECT coalesce(sum(cost_nanousd), 0)"
    " FROM " CALLS_USED " k WHERE k.cell = c.cell AND k.role <> 'judge')",
    "SELECT count(*) FROM cell c WHERE unknown_cost_calls <> (SELECT count(*)"
    " FROM " CALLS_USED
    " k WHERE k.cell = c.cell AND k.role <> 'judge' AND cost_nanousd IS NULL)",
    /* of a cell the known part and what was reserved, of a call what was reserved */
    "SELECT count(*) FROM cell c WHERE cost_upper_nanousd - cost_nanousd <>"
    " (SELECT coalesce(sum(max(cost_upper_nanousd, 0)), 0) FROM " CALLS_USED
    " k WHERE k.cell = c.cell AND k.role <> 'judge')",
    /* programs are work too, and no calls */
    "SELECT count(*) FROM cell c WHERE (SELECT instr(definition, '\"exec\"') FROM run) = 0 AND"
    " total_work_ns <> (SELECT coalesce(sum(latency_ns), 0) FROM " CALLS_USED
    " k WHERE k.cell = c.cell AND k.role <> 'judge')",
    "SELECT count(*) FROM cell c WHERE total_work_ns < (SELECT coalesce(sum(latency_ns), 0)"
    " FROM " CALLS_USED " k WHERE k.cell = c.cell AND k.role <> 'judge')",
    /* calls against their attempts */
    "SELECT count(*) FROM call c WHERE attempts <> (SELECT count(*) FROM attempt a"
    " WHERE a.call = c.call)",
    "SELECT count(*) FROM call c WHERE lost_attempts <> (SELECT coalesce(sum(lost), 0)"
    " FROM attempt a WHERE a.call = c.call) AND source <> 'cached'",
    "SELECT count(*) FROM call WHERE latency_ns <> connect_ns + provider_ns + backoff_ns",
    "SELECT count(*) FROM call c WHERE backoff_ns < (SELECT coalesce(sum(backoff_before_ns), 0)"
    " FROM attempt a WHERE a.call = c.call)",
    /* scores against the calls of their judges */
    "SELECT count(*) FROM score WHERE calls <> sent + cached + unsent",
    "SELECT abs(count(*) - (SELECT coalesce(sum(sent), 0) FROM score)) FROM " CALLS_USED " k"
    " WHERE role = 'judge' AND source = 'sent' AND cell IN (SELECT cell FROM cell)",
    "SELECT count(*) FROM (SELECT cell, sum(attempts) a, sum(cost_nanousd) m, sum(work_ns) w,"
    " sum(lost_attempts) l FROM score GROUP BY cell) s WHERE"
    " a <> (SELECT coalesce(sum(attempts), 0) FROM " CALLS_USED
    " k WHERE k.cell = s.cell AND role = 'judge')"
    " OR m <> (SELECT coalesce(sum(cost_nanousd), 0) FROM " CALLS_USED
    " k WHERE k.cell = s.cell AND"
    " role = 'judge') OR w <> (SELECT coalesce(sum(latency_ns), 0) FROM " CALLS_USED " k WHERE"
    " k.cell = s.cell AND role = 'judge') OR l <> (SELECT coalesce(sum(lost_attempts), 0)"
    " FROM " CALLS_USED " k WHERE k.cell = s.cell AND role = 'judge')",
    /* cells against their steps */
    "SELECT count(*) FROM cell c WHERE calls <> (SELECT coalesce(sum(calls), 0) FROM step s"
    " WHERE s.cell = c.cell)",
    "SELECT count(*) FROM cell c WHERE attempts <> (SELECT coalesce(sum(attempts), 0)"
    " FROM step s WHERE s.cell = c.cell)",
    "SELECT count(*) FROM cell c WHERE cost_nanousd <> (SELECT coalesce(sum(cost_nanousd), 0)"
    " FROM step s WHERE s.cell = c.cell)",
    /* the longest path is no longer than all work, and no cell stands twice */
    "SELECT count(*) FROM cell WHERE latency_ns > total_work_ns",
    "SELECT count(*) - count(DISTINCT variant || ' ' || sample || ' ' || trial) FROM cell",
    "SELECT count(*) - count(DISTINCT cell || ' ' || path || ' ' || repeat) FROM " CALLS_USED
    " WHERE cell IS NOT NULL",
    "SELECT count(*) FROM cell WHERE status NOT IN"
    " ('ok', 'error', 'timeout', 'unscored', 'skipped')",
    "SELECT count(*) > (SELECT cells FROM run) FROM cell",
};

void check_identities(const char *db)
{
    struct store *store;
    struct err err = {0};
    if (store_open(&store, db, &err) < 0)
        fail_msg("the store does not open it: %s", err.message);
    store_close(store);
    for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++) {
        int64_t broken = sql_int(db, "%s", identities[i]);
        if (broken)
            fail_msg("%lld rows break it: %s", (long long)broken, identities[i]);
    }
}

/* ---- reports ---- */

str report_text(struct place *place, const char *db)
{
    struct ended ended = weir(place, "report", db, "--json", "--cells", NULL);
    assert_code(ended, 0);
    return ended.out;
}

const json *report_json(struct place *place, const char *db)
{
    struct json_error error = {0};
    const json *report = json_parse(&place->arena, str_trim(report_text(place, db)), &error);
    if (!report)
        fail_msg("the JSON report is no JSON: line %u, column %u: %s", error.line, error.col,
                 error.what);
    return report;
}

static ptrdiff_t find_last(str text, str part)
{
    ptrdiff_t last = -1;
    for (ptrdiff_t at = str_find(text, part, 0); at >= 0;
         at = str_find(text, part, (size_t)at + 1))
        last = at;
    return last;
}

str results_of(str report)
{
    ptrdiff_t from = str_find(report, STR("\"results\":"), 0),
              to = find_last(report, STR("\"timing\":"));
    assert_true(from >= 0 && to > from);
    return str_sub(report, (size_t)from, (size_t)to);
}

const json *variant_of(const json *report, const char *part, const char *name)
{
    const json *variants = json_get(json_get(report, str_from(part)), STR("variants"));
    for (const json *v = json_first(variants); v; v = json_next(v))
        if (str_equal(json_text(json_get(v, STR("name"))), str_from(name)))
            return v;
    fail_msg("there is no variant '%s' in %s", name, part);
    return NULL;
}

const json *cell_of(const json *report, const char *variant, const char *sample, int trial)
{
    const json *cells = json_get(json_get(report, STR("results")), STR("cells"));
    for (const json *cell = json_first(cells); cell; cell = json_next(cell))
        if (str_equal(json_text(json_get(cell, STR("variant"))), str_from(variant)) &&
            str_equal(json_text(json_get(cell, STR("sample"))), str_from(sample)) &&
            (int)json_number(json_get(cell, STR("trial"))) == trial)
            return cell;
    fail_msg("there is no cell %s/%s/%d", variant, sample, trial);
    return NULL;
}

double figure(const json *of, const char *path)
{
    const json *value = json_path(of, path);
    if (!json_is(value, JSON_NUMBER))
        fail_msg("no number at %s", path);
    return json_number(value);
}

void e2e_check_figure(const json *of, const char *path, double should, const char *file,
                      int line)
{
    double is = figure(of, path);
    if (fabs(is - should) <= 1e-9 * fabs(should) + 1e-13)
        return;
    print_error("%s:%d: %s is %.10g, not %.10g\n", file, line, path, is, should);
    _fail(file, line);
}
