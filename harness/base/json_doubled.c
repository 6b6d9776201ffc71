/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_doubled.c: a second look at a text that was found to have a name twice (see json_doubled.h).
 *
 * Only messages need the place, so parsing notes no positions; names are compared as they read, however
 * they are escaped.
 */
#include "base/json_doubled.h"

#include "base/json_walk.h"

struct search {
    struct json_walk walk;
    str name;
    struct buf key; /* as it reads */
    size_t at;      /* 0: not found yet */
};

static void search_value(struct search *search);

static void search_object(struct search *search)
{
    const char *text = search->walk.scan.text.p;
    bool seen = false;
    str key;
    while (search->at == 0 && json_walk_member(&search->walk, &key)) {
        buf_clear(&search->key);
        json_walk_text((str){key.p - 1, key.n + 2}, &search->key);
        bool same = str_equal(buf_str(&search->key), search->name);
        if (same && seen)
            search->at = (size_t)(key.p - 1 - text);
        seen = seen || same;
        if (search->at == 0)
            search_value(search);
    }
}

static void search_value(struct search *search)
{
    if (json_walk_object(&search->walk))
        search_object(search);
    else if (json_walk_list(&search->walk))
        while (search->at == 0 && json_walk_item(&search->walk))
            search_value(search);
    else
        json_walk_value(&search->walk);
}

size_t json_doubled_at(str text, str name)
{
    struct search search = {.walk = json_walk_begin(text), .name = name};
    search_value(&search);
    buf_release(&search.key);
    return search.at;
}
