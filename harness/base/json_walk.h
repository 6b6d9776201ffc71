/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_walk.h: reads a JSON text where it lies, member by member, without building a tree.
 *
 * For small texts of a known form that come by the thousand, as the events of a stream do. As
 * strict as json_parse: what is passed over is looked at too.
 *
 *     struct json_walk walk = json_walk_begin(text);
 *     str key, value;
 *     if (json_walk_object(&walk))
 *         while (json_walk_member(&walk, &key)) {
 *             value = json_walk_value(&walk);
 *             if (str_equal(key, STR("model"))) json_walk_text(value, &name);
 *         }
 *     if (!json_walk_end(&walk)) ...        the text is not JSON
 *
 * Each value has to be taken once: entered as an object or list and walked to its end, or passed
 * over by json_walk_value.
 */
#ifndef BASE_JSON_WALK_H
#define BASE_JSON_WALK_H

#include "base/buf.h"
#include "base/json_scan.h"

struct json_walk {
    struct json_scan scan;
    bool first; /* nothing of the object or list was taken yet */
};

/* At the text's value. */
struct json_walk json_walk_begin(str text);

/* Enters the value if it is one. False, and it is still to be taken, when it is something else. */
bool json_walk_object(struct json_walk *walk);
bool json_walk_list(struct json_walk *walk);
/* To the value of the next member, or the next item. False at the end, which leaves the object or
 * list, and when the text is not JSON. Names are as they stand, without quotes: one that is
 * written with escapes equals no name. Of duplicates each is seen. */
bool json_walk_member(struct json_walk *walk, str *key);
bool json_walk_item(struct json_walk *walk);
/* The text of the value, quotes and all, which is passed over; empty when it is no JSON. */
str json_walk_value(struct json_walk *walk);

/* The whole text was one JSON value and has been walked. */
bool json_walk_end(struct json_walk *walk);

/* Appends what a text says; `value` is from json_walk_value. False when it is no text. As in
 * json_parse, \u0000 and halves of surrogate pairs become U+FFFD. */
bool json_walk_text(str value, struct buf *out);
bool json_walk_is_null(str value);

#endif
