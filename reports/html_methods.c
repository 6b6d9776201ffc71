/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_methods.c: what the words and numbers of the page mean, for a reader who has only the page.
 *
 * Methods are said as the summary names them, for the variants and comparisons at hand.
 */
#include "reports/html.h"

#include "stats/format.h"

struct definition {
    const char *term, *meaning;
};

/* clang-format off */
static const struct definition definitions[] = {
    {"cell", "One variant on one sample in one trial."},
    {"correct", "A cell is correct when every score that counts (weight above 0) passes. Errors and "
                "timeouts count as wrong; cells that could not be scored are left out and counted."},
    {"accuracy", "The mean of correct: trials are averaged within a sample first (unless the options "
                 "name another reducer), and every sample weighs the same. Its interval says what to expect on new samples of this kind."},
    {"Δ points", "Accuracy minus that of the baseline, on the samples that both have, in points "
                 "(hundredths)."},
    {"p", "How often chance alone would make a difference at least this large, were both equally "
          "good; adjusted for the number of comparisons. A large p does not show that both are "
          "equal."},
    {"better, worse", "Both the test and the interval say so. Anything else is no clear difference."},
    {"flip", "A sample that one variant gets right in more than half of its trials and the other "
             "does not."},
    {"latency", "The longest path through a cell: attempts and backoff. Waiting for our own limits "
                "and our own store is left out, and shown beside it."},
    {"×", "The mean of the variant over the mean of the baseline, on the same samples."},
    {"≥", "A lower bound: attempts were lost after sending, so their cost is not known, or there are "
          "timeouts, which are longer than what was measured."},
    {"—", "Not known, or not to be estimated. It is never 0."},
};
/* clang-format on */

struct method {
    const char *name, *words;
};

static const struct method methods[] = {
    {"wilson", "Wilson's score interval"},
    {"wilson_neff", "Wilson's interval at the effective sample size (cluster-robust error, t "
                    "quantile), since trials of one sample are alike"},
    {"newcombe_paired", "Newcombe's interval for paired shares"},
    {"cluster_t", "t interval of paired differences with cluster-robust error"},
    {"plus_two", "t interval of paired differences with two pseudo-observations"},
    {"newcombe_unpaired", "Newcombe's interval for shares of different samples"},
    {"mover_wilson",
     "interval of a difference from the Wilson intervals of both sides (MOVER)"},
    {"eb_confidence_sequence",
     "empirical-Bernstein confidence sequence, which holds wherever the run "
     "ends"},
    {"mcnemar_exact", "exact McNemar test"},
    {"sequential_mcnemar", "mixture likelihood-ratio test on the samples that differ, which "
                           "holds wherever the run ends"},
    {"signflip_exact", "exact sign-flip test over samples"},
    {"signflip_enumerated", "sign-flip test over all patterns of signs"},
    {"signflip_mc", "sign-flip test over random patterns of signs"},
    {"eb_confidence_sequence",
     "confidence sequence (empirical Bernstein), which holds wherever the "
     "run ends"},
    {"sequential_mcnemar", "sequential McNemar test, valid at every look"},
    {"ratio_logdelta", "ratio of means, t interval on the log scale"},
    {"mean_t", "t interval with cluster-robust error"},
};

static str words_of(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (name && str_equal(str_from(methods[i].name), str_from(name)))
            return str_from(methods[i].words);
    return str_from(name);
}

static void method(struct html *html, const char *of, const char *name)
{
    if (!name || str_equal(str_from(name), STR("none")))
        return;
    html_element(html, "dt", str_from(of));
    html_element(html, "dd", words_of(name));
    html_add(html, "\n");
}

void html_methods(struct html *html)
{
    const struct summary *summary = html->page->summary;
    const struct summary_comparison *c =
        summary->comparison_count ? &summary->comparisons[0] : NULL;
    html_section(html, "methods", "Methods and definitions");
    html_add(html, "<dl class=\"facts\">\n");
    for (size_t i = 0; i < sizeof definitions / sizeof definitions[0]; i++) {
        html_element(html, "dt", str_from(definitions[i].term));
        html_element(html, "dd", str_from(definitions[i].meaning));
        html_add(html, "\n");
    }
    html_add(html, "</dl>\n<h3>Methods of this page</h3>\n<dl class=\"facts\">\n");
    if (summary->meta.variant_count) {
        const struct summary_variant *v = &summary->variants[0];
        method(html, "accuracy", v->accuracy.method);
        method(html, "cost per cell", v->cost_per_cell_usd.method);
    }
    if (c) {
        method(html, "difference", c->accuracy.method);
        method(html, "p", c->test);
        method(html, "× baseline", c->latency_ratio.method);
    }
    if (summary->meta.reducer != STATS_REDUCE_MEAN)
        method(html, "trials of a sample", stats_reducer_name(summary->meta.reducer));
    html_element(html, "dt", STR("latency quantiles"));
    html_element(html, "dd",
                 STR("nearest rank, interval from order statistics at the effective "
                     "sample size"));
    html_element(html, "dt", STR("confidence"));
    html_element(html, "dd",
                 arena_printf(html->arena, "%s %% two-sided; significance %.10g",
                              stats_format_confidence(html->arena, summary->meta.confidence).p,
                              summary->meta.alpha));
    html_add(html, "</dl>\n");
    html_end_section(html);
}
