/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_svg.h: a picture that a program drew, as a part of a page.
 *
 * What is not on the list of shapes and their attributes is left out: scripts, handlers, links,
 * styles, foreign content. So nothing in a picture runs, whatever gnuplot makes of a name.
 */
#ifndef REPORTS_HTML_SVG_H
#define REPORTS_HTML_SVG_H

#include "base/buf.h"

struct html_picture {
    const char *name;       /* before every id, so that two pictures can stand on a page */
    str title, description; /* what a screen reader says */
};

/* Appends `svg` as an <svg> of its own. Neutral colours (background, text, axes, grid) become
 * custom properties of the page's style, so that the picture follows light and dark; those of the
 * palette stay. One with pale shades, such as a heat map, stays light (class "light"). False, and nothing appended,
 * when it is no whole SVG. */
bool html_svg(struct buf *out, str svg, const struct html_picture *picture);

#endif
