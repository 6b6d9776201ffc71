/* measure.c: runs an experiment on its mock server and says which variant is better.
 *     cc measure.c $(pkg-config --cflags --libs weir) -o measure && ./measure experiment.yaml */
#include <stdio.h>
#include <weir.h>

static int failed(struct weir_error *error)
{
    for (size_t i = 0; i < weir_error_problems(error); i++)
        fprintf(stderr, "%s\n", weir_error_problem(error, i)->shown);
    int status = weir_error_status(error);
    weir_error_free(error);
    return status;
}

static int cell_ended(void *wrong, const struct weir_cell *cell)
{
    *(unsigned *)wrong += cell->correct == 0;
    return 0; /* anything else stops the run */
}

static void print(const struct weir_report *report)
{
    const struct weir_variant *v;
    for (size_t i = 0; (v = weir_report_variant(report, i)); i++)
        printf("%s: accuracy %.4f [%.4f, %.4f], %llu calls, $%.6f, p95 %.1f ms\n", v->name,
               v->accuracy, v->accuracy_low, v->accuracy_high, (unsigned long long)v->calls,
               v->cost_usd, v->latency_p95_ms);
    const struct weir_comparison *c;
    for (size_t i = 0; (c = weir_report_comparison(report, i)); i++)
        printf("%s against %s: %+.4f [%+.4f, %+.4f], p = %.4g: %s\n", c->variant, c->baseline,
               c->difference, c->low, c->high, c->p, c->verdict);
}

int main(int argc, char **argv)
{
    struct weir_error *error;
    struct weir_options *options = weir_options_new();
    if (weir_options_set(options, "mock", "true", &error) != WEIR_FINE)
        return failed(error);
    struct weir_experiment *experiment =
        weir_load(argc > 1 ? argv[1] : "experiment.yaml", options, &error);
    weir_options_free(options);
    if (!experiment)
        return failed(error);
    unsigned wrong = 0;
    struct weir_run *run = weir_run_new(experiment);
    weir_run_on_cell(run, cell_ended, &wrong);
    int status = weir_run_execute(run, &error);
    struct weir_report *report = error ? NULL : weir_run_report(run, &error);
    if (!report)
        return failed(error);
    printf("%u of %llu cells are wrong; run %s\n", wrong,
           (unsigned long long)weir_experiment_cells(experiment), weir_run_path(run));
    print(report);
    status = status ? status : weir_report_status(report);
    weir_report_free(report);
    weir_run_free(run);
    weir_experiment_free(experiment);
    return status; /* for CI: 0, 3 or 100, as of the command */
}
