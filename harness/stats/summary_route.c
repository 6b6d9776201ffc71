/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What routers do: which case cells went to, whether that was right, and what it costs to be
 * wrong. The right class of a cell is known where a score of the classifier
 * compares labels; what comes of it at the end only where the route runs once in a cell. */
#include <inttypes.h>
#include <math.h>

#include "stats/diagnose.h"
#include "stats/format.h"
#include "stats/route.h"
#include "stats/summary_route_inside.h"

enum { CLASSES_MOST = 60 }; /* a matrix of more tells nobody anything */

static maybe share_of(uint64_t part, uint64_t whole)
{
    return whole ? maybe_of((double)part / (double)whole) : maybe_none();
}

static str name_of(const struct summary_routing *w, uint32_t number)
{
    return w->summary->private->names.text[number];
}

static bool is_right(const struct summary_routing *w, size_t cell)
{
    return summary_value_correct(w->summary, &w->cells[cell], 0).value > 0.5;
}

static bool is_scored(const struct summary_routing *w, size_t cell)
{
    return summary_value_correct(w->summary, &w->cells[cell], 0).known;
}

/* ---- reading ---- */

static void read_taken(struct summary_routing *w, const struct summary_node_facts *node)
{
    size_t cell = 0;

    w->route->once = true;
    for (size_t i = 0, end; i < node->count; i = end) {
        struct summary_taken one = {0};
        bool ran = false;

        end = summary_instance_end(node, i);
        size_t found = summary_cell_of(w->summary, w->variant, &node->first[i], cell);
        for (size_t k = i; k < end; k++) {
            const struct summary_fact *fact = &node->first[k];
            if (fact->kind == SUMMARY_NOTE_ROUTED) {
                ran = true;
                one.name = fact->name;
            } else if (fact->kind == SUMMARY_NOTE_LABELLED && !one.judged) {
                one.judged = true;
                one.given = fact->name;
                one.wanted = fact->other;
                one.hit = fact->yes;
            }
        }
        if (!ran || found == w->count)
            continue;
        one.cell = cell = found;
        if (w->times && w->taken[w->times - 1].cell == cell)
            w->route->once = false;
        w->taken[w->times++] = one;
    }
    w->route->cells = w->times;
}

/* Labels that nobody wants and no case has are one: a model may have many words for "none". */
static void join_other_labels(struct summary_routing *w)
{
    const struct summary_names *names = &w->summary->private->names;
    bool *known = arena_array(w->scratch, bool, names->count + 1);
    uint32_t other = 0;

    for (size_t n = 0; n < names->count; n++)
        if (str_equal(names->text[n], STR(SUMMARY_OTHER_LABEL)))
            other = (uint32_t)n;
    known[0] = true;
    for (size_t i = 0; i < w->times; i++)
        known[w->taken[i].name] = known[w->taken[i].wanted] = true;
    for (size_t i = 0; i < w->times; i++)
        if (w->taken[i].judged && !known[w->taken[i].given])
            w->taken[i].given = other;
}

/* ---- cases ---- */

/* Names that occur, in the order of their texts; the empty one, which is the first number, last. */
static size_t list_names(struct summary_routing *w, uint32_t **list, bool labels)
{
    size_t names = w->summary->private->names.count, count = 0;
    bool *seen = arena_array(w->scratch, bool, names + 1);

    for (size_t i = 0; i < w->times; i++) {
        const struct summary_taken *t = &w->taken[i];
        if (!labels)
            seen[t->name] = true;
        else if (t->judged)
            seen[t->given] = seen[t->wanted] = true;
    }
    *list = arena_array(w->scratch, uint32_t, names + 1);
    for (size_t n = 1; n < names; n++)
        if (seen[n])
            (*list)[count++] = (uint32_t)n;
    if (seen[0])
        (*list)[count++] = 0;
    return count;
}

typedef bool taken_test(const struct summary_taken *taken, uint32_t what);

static bool has_name(const struct summary_taken *taken, uint32_t name)
{
    return taken->name == name;
}

static bool has_hit(const struct summary_taken *taken, uint32_t hit)
{
    return taken->judged && taken->hit == (hit != 0);
}

/* Accuracy at the end of the cells that took such a way; `none`: why it is unknown without any. */
static struct summary_estimate accuracy_where(const struct summary_routing *w, taken_test *test,
                                              uint32_t what, const char *none)
{
    struct arena scratch = {0};
    double *values = arena_array(&scratch, double, w->count + 1);

    for (size_t i = 0; i < w->count; i++)
        values[i] = (double)NAN;
    for (size_t i = 0; i < w->times; i++)
        if (test(&w->taken[i], what) && is_scored(w, w->taken[i].cell))
            values[w->taken[i].cell] = is_right(w, w->taken[i].cell);
    struct summary_series series = summary_series_of(&scratch, w->summary, w->variant, values);
    struct summary_estimate result =
        series.trials.samples ? summary_share(w->summary, &series) : summary_unknown(none);
    arena_release(&scratch);
    return result;
}

static void fill_cases(struct summary_routing *w)
{
    struct summary_route *route = w->route;
    uint32_t *list;

    route->case_count = list_names(w, &list, false);
    route->cases =
        arena_array(&w->summary->arena, struct summary_route_case, route->case_count + 1);
    for (size_t c = 0; c < route->case_count; c++) {
        struct summary_route_case *one = &route->cases[c];
        one->label = name_of(w, list[c]);
        for (size_t i = 0; i < w->times; i++)
            one->cells += w->taken[i].name == list[c];
        one->share = share_of(one->cells, route->cells);
        if (one->label.n == 0)
            route->unlabelled = one->cells;
        one->accuracy = route->once ? accuracy_where(w, has_name, list[c], "no scored cell")
                                    : summary_unknown("it runs several times in a cell");
    }
}

/* ---- classes ---- */

static void fill_confusion(struct summary_routing *w, const uint32_t *list)
{
    struct summary_route *route = w->route;
    size_t classes = route->class_count, names = w->summary->private->names.count;
    size_t *class_of = arena_array(w->scratch, size_t, names + 1);

    for (size_t c = 0; c < classes; c++)
        class_of[list[c]] = c;
    route->confusion = arena_array(&w->summary->arena, uint64_t, classes * classes + 1);
    for (size_t i = 0; i < w->times; i++) {
        const struct summary_taken *t = &w->taken[i];
        if (t->judged)
            route->confusion[class_of[t->wanted] * classes +
                             class_of[t->hit ? t->wanted : t->given]]++;
    }
}

static struct summary_estimate recall_of(const struct summary_routing *w, uint32_t wanted)
{
    struct arena scratch = {0};
    double *values = arena_array(&scratch, double, w->count + 1);
    double *times = arena_array(&scratch, double, w->count + 1);
    bool any = wanted == UINT32_MAX;

    for (size_t i = 0; i < w->times; i++) {
        const struct summary_taken *t = &w->taken[i];
        if (!t->judged || (!any && t->wanted != wanted))
            continue;
        values[t->cell] += t->hit;
        times[t->cell] += 1.0;
    }
    for (size_t i = 0; i < w->count; i++)
        values[i] = times[i] > 0.0 ? values[i] / times[i] : (double)NAN;
    struct summary_series series = summary_series_of(&scratch, w->summary, w->variant, values);
    struct summary_estimate result = series.trials.samples
                                         ? summary_share(w->summary, &series)
                                         : summary_unknown("the class does not occur");
    arena_release(&scratch);
    return result;
}

static struct summary_estimate balanced_of(const struct summary_routing *w)
{
    const struct summary_route *route = w->route;
    struct stats_proportion *recall =
        arena_array(w->scratch, struct stats_proportion, route->class_count + 1);

    for (size_t c = 0; c < route->class_count; c++) {
        const struct summary_estimate *e = &route->classes[c].recall;
        recall[c] = (struct stats_proportion){e->value, e->low.value, e->high.value, true};
    }
    struct stats_proportion balanced = stats_route_balanced(recall, route->class_count);
    return (struct summary_estimate){.value = balanced.estimate,
                                     .low = maybe_of(balanced.low),
                                     .high = maybe_of(balanced.high),
                                     .method = "mover_wilson",
                                     .n = route->judged};
}

static void fill_worst(struct summary_route *route)
{
    uint64_t most = 0;

    route->worst_wanted = route->worst_given = route->class_count;
    for (size_t i = 0; i < route->class_count; i++)
        for (size_t j = 0; j < route->class_count; j++)
            if (i != j && route->confusion[i * route->class_count + j] > most) {
                most = route->confusion[i * route->class_count + j];
                route->worst_wanted = i;
                route->worst_given = j;
            }
}

static void fill_classes(struct summary_routing *w)
{
    struct summary_route *route = w->route;
    uint32_t *list;
    size_t classes = list_names(w, &list, true);

    for (size_t i = 0; i < w->times; i++)
        route->judged += w->taken[i].judged;
    if (classes == 0 || classes > CLASSES_MOST) {
        route->accuracy = route->balanced =
            route->judged ? recall_of(w, UINT32_MAX)
                          : summary_unknown("no score knows the right label");
        if (route->judged)
            route->balanced = summary_unknown("too many labels");
        return;
    }
    struct stats_route_class *found =
        arena_array(w->scratch, struct stats_route_class, classes);
    route->class_count = classes;
    route->classes = arena_array(&w->summary->arena, struct summary_route_class, classes);
    fill_confusion(w, list);
    struct stats_routing report = stats_routing_report(route->confusion, classes, found);
    route->accuracy = recall_of(w, UINT32_MAX);
    route->macro_f1 = report.macro_f1;
    for (size_t c = 0; c < classes; c++) {
        struct summary_route_class *one = &route->classes[c];
        one->label = list[c] ? name_of(w, list[c]) : STR("(none)");
        for (size_t k = 0; k < classes; k++) {
            one->wanted += route->confusion[c * classes + k];
            one->given += route->confusion[k * classes + c];
        }
        one->recall = recall_of(w, list[c]);
        one->precision = maybe_of(found[c].precision);
        one->f1 = maybe_of(found[c].f1);
    }
    route->balanced = balanced_of(w);
    fill_worst(route);
}

/* ---- what comes of it ---- */

/* Those whose class is known and whose answer is scored; an arena array of at most w->times. */
static size_t routed_cells(const struct summary_routing *w, struct stats_routed *cells,
                           size_t *places, size_t *samples)
{
    size_t count = 0, first = 0;

    *samples = 0;
    for (size_t i = 0; i < w->times; i++) {
        const struct summary_taken *t = &w->taken[i];
        if (!t->judged || !is_scored(w, t->cell))
            continue;
        size_t place = w->cells[t->cell].place;
        if (*samples == 0 || places[*samples - 1] != place) {
            places[(*samples)++] = place;
            first = count;
        }
        cells[count++] = (struct stats_routed){.truth = t->wanted,
                                               .sample = *samples - 1,
                                               .hit = t->hit,
                                               .right = is_right(w, t->cell)};
        for (size_t k = first; k < count; k++)
            cells[k].weight = 1.0 / (double)(count - first);
    }
    return count;
}

static void fill_end(struct summary_routing *w)
{
    struct summary_route *route = w->route;
    struct summary *summary = w->summary;
    const char *why =
        route->judged ? "it runs several times in a cell" : "no score knows the right label";
    struct stats_routed *cells = arena_array(w->scratch, struct stats_routed, w->times + 1);
    size_t *places = arena_array(w->scratch, size_t, w->times + 1), samples;
    size_t classes = summary->private->names.count;

    route->if_right = route->if_wrong = route->perfect = summary_unknown(why);
    if (!route->judged)
        return;
    size_t count = routed_cells(w, cells, places, &samples);
    const struct stats_clusters *clusters =
        summary_clusters_of(w->scratch, summary, places, samples);
    if (!route->once)
        return;
    struct stats_accuracy perfect =
        stats_route_perfect(cells, count, classes, samples, clusters, summary->meta.confidence);
    route->perfect = summary_accuracy(&perfect, samples);
    route->if_right = accuracy_where(w, has_hit, true, "none was routed right");
    route->if_wrong = accuracy_where(w, has_hit, false, "none was misrouted");
    const struct summary_variant *v = &summary->variants[w->variant];
    if (route->perfect.value.known && v->accuracy.value.known)
        route->gain = maybe_of(route->perfect.value.value - v->accuracy.value.value);
}

size_t summary_routes_of(struct summary *summary, size_t variant, struct summary_route **routes)
{
    const struct summary_rows *rows = summary->private;
    struct arena scratch = {0};
    struct summary_node_facts *nodes;
    size_t count = summary_nodes_with(&scratch, summary, variant, SUMMARY_NOTE_ROUTED, &nodes);
    size_t made = 0;

    *routes = arena_array(&summary->arena, struct summary_route, count + 1);
    for (size_t n = 0; n < count; n++) {
        struct summary_route *route = &(*routes)[made];
        struct summary_routing w = {
            .scratch = &scratch,
            .summary = summary,
            .variant = variant,
            .cells = rows->cells + rows->cell_start[variant],
            .count = rows->cell_start[variant + 1] - rows->cell_start[variant],
            .taken = arena_array(&scratch, struct summary_taken, nodes[n].count + 1),
            .route = route};
        route->path = nodes[n].path;
        read_taken(&w, &nodes[n]);
        join_other_labels(&w);
        fill_cases(&w);
        fill_classes(&w);
        fill_end(&w);
        summary_route_money(&w);
        made += route->cells > 0;
    }
    arena_release(&scratch);
    return made;
}
