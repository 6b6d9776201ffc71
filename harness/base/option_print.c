/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option_print.c: what is printed from option rows: help, reference tables, JSON Schema.
 */
#include "base/option.h"

#include "base/man.h"

/* What stands for an option's value. */
static const char *const values[] = {
    [OPT_TYPE_INT] = "N",         [OPT_TYPE_NUMBER] = "N",   [OPT_TYPE_SHARE] = "SHARE",
    [OPT_TYPE_TEXT] = "TEXT",     [OPT_TYPE_LABEL] = "TEXT", [OPT_TYPE_NAME] = "NAME",
    [OPT_TYPE_DURATION] = "TIME", [OPT_TYPE_SIZE] = "SIZE",  [OPT_TYPE_USD] = "USD",
    [OPT_TYPE_CHOICE] = "WORD",   [OPT_TYPE_TEXTS] = "TEXT",
};

static void write_name(struct buf *out, const struct opt *row)
{
    size_t start = out->n;
    if (row->letter)
        buf_printf(out, "  -%c, --", row->letter);
    else
        buf_printf(out, "      --");
    for (const char *c = row->key; *c; c++)
        buf_add_char(out, *c == '_' ? '-' : *c);
    if (row->type != OPT_TYPE_BOOL)
        buf_printf(out, " %s", row->word ? row->word : values[row->type]);
    size_t used = out->n - start;
    buf_printf(out, "%*s", used < 30 ? (int)(30 - used) : 1, "");
}

void opt_write_help(struct buf *out, const struct opt *rows)
{
    for (const struct opt *row = rows; row->type != OPT_TYPE_END; row++) {
        write_name(out, row);
        buf_printf(out, "%s", row->help);
        if (row->fallback && row->fallback[0] && row->type != OPT_TYPE_BOOL)
            buf_printf(out, " (default %s)", row->fallback);
        buf_add_char(out, '\n');
    }
}

void opt_write_keys(struct buf *out, const struct opt *rows)
{
    struct arena scratch = {0};
    for (const struct opt *row = rows; row->type != OPT_TYPE_END; row++) {
        bool read_elsewhere = row->type == OPT_TYPE_RAW || row->type == OPT_TYPE_CUSTOM;
        str type =
            read_elsewhere && row->word ? str_from(row->word) : opt_type_text(&scratch, row);
        buf_printf(out, "  %-18s %s\n", row->key, row->help ? row->help : "");
        buf_printf(out, "  %-18s %.*s", "", STR_ARG(type));
        if (row->required)
            buf_add_str(out, STR("; required"));
        else if (row->fallback && row->fallback[0])
            buf_printf(out, "; default %s", row->fallback);
        buf_add_char(out, '\n');
    }
    arena_release(&scratch);
}

void opt_write_man(struct buf *out, const struct opt *rows)
{
    for (const struct opt *row = rows; row->type != OPT_TYPE_END; row++) {
        buf_add_str(out, STR(".TP\n\\fB"));
        if (row->letter)
            buf_printf(out, "\\-%c\\fR, \\fB", row->letter);
        buf_add_str(out, STR("\\-\\-"));
        for (const char *c = row->key; *c; c++)
            man_write(out, *c == '_' ? STR("-") : (str){c, 1});
        buf_add_str(out, STR("\\fR"));
        if (row->type != OPT_TYPE_BOOL)
            buf_printf(out, " \\fI%s\\fR", row->word ? row->word : values[row->type]);
        buf_add_char(out, '\n');
        man_write(out, str_from(row->help));
        if (row->fallback && row->fallback[0] && row->type != OPT_TYPE_BOOL) {
            buf_add_str(out, STR(" (default "));
            man_write(out, str_from(row->fallback));
            buf_add_char(out, ')');
        }
        buf_add_char(out, '\n');
    }
}

void opt_write_reference(struct buf *out, const struct opt *rows)
{
    struct arena scratch = {0};
    buf_printf(out, "| key | type | default | meaning |\n| --- | --- | --- | --- |\n");
    for (const struct opt *row = rows; row->type != OPT_TYPE_END; row++) {
        str type = opt_type_text(&scratch, row);
        const char *fallback = row->required   ? "required"
                               : row->fallback ? row->fallback
                                               : "none";
        buf_printf(out, "| `%s` | %.*s | %s | %s |\n", row->key, STR_ARG(type), fallback,
                   row->help);
    }
    arena_release(&scratch);
}

static void set_type(struct arena *arena, json *schema, const char *type)
{
    json_set_text(arena, schema, "type", str_from(type));
}

static void set_pattern(struct arena *arena, json *schema, const char *pattern)
{
    set_type(arena, schema, "string");
    json_set_text(arena, schema, "pattern", str_from(pattern));
}

static void set_numeric(struct arena *arena, json *schema, const struct opt *row)
{
    set_type(arena, schema, row->type == OPT_TYPE_INT ? "integer" : "number");
    bool share = row->type == OPT_TYPE_SHARE;
    if (row->min != 0 || row->max != 0 || share)
        json_set(arena, schema, STR("minimum"), json_new_number(arena, row->min));
    if (row->max != 0 || share)
        json_set(arena, schema, STR("maximum"), json_new_number(arena, share ? 1 : row->max));
}

static void set_value(struct arena *arena, json *schema, const struct opt *row)
{
    switch (row->type) {
    case OPT_TYPE_TEXT:
        set_type(arena, schema, "string");
        break;
    case OPT_TYPE_LABEL: {
        json *types = json_new_list(arena);
        json_add(arena, types, json_new_text(arena, STR("string")));
        json_add(arena, types, json_new_text(arena, STR("number")));
        json_add(arena, types, json_new_text(arena, STR("boolean")));
        json_set(arena, schema, STR("type"), types);
        break;
    }
    case OPT_TYPE_NAME:
        set_pattern(arena, schema, "^[A-Za-z_][A-Za-z0-9_]{0,63}$");
        break;
    case OPT_TYPE_INT:
    case OPT_TYPE_NUMBER:
    case OPT_TYPE_SHARE:
        set_numeric(arena, schema, row);
        break;
    case OPT_TYPE_BOOL:
        set_type(arena, schema, "boolean");
        break;
    case OPT_TYPE_DURATION:
        set_pattern(arena, schema, "^[0-9]*\\.?[0-9]+(us|ms|s|m|h)$");
        break;
    case OPT_TYPE_SIZE:
        set_pattern(arena, schema, "^[0-9]*\\.?[0-9]+(B|KB|MB|GB)$");
        break;
    case OPT_TYPE_USD:
        set_type(arena, schema, "number");
        json_set(arena, schema, STR("minimum"), json_new_int(arena, 0));
        break;
    case OPT_TYPE_CHOICE: {
        json *words = json_new_list(arena);
        for (size_t i = 0; row->choices[i]; i++)
            json_add(arena, words, json_new_text(arena, str_from(row->choices[i])));
        json_set(arena, schema, STR("enum"), words);
        break;
    }
    case OPT_TYPE_TEXTS: {
        json *items = json_new_object(arena);
        set_type(arena, items, "string");
        set_type(arena, schema, "array");
        json_set(arena, schema, STR("items"), items);
        break;
    }
    case OPT_TYPE_RAW:
    case OPT_TYPE_CUSTOM:
        if (row->word && name_is_valid(str_from(row->word)))
            json_set(arena, schema, STR("$ref"),
                     json_new_text(arena, arena_printf(arena, "#/$defs/%s", row->word)));
        break;
    case OPT_TYPE_END:
        break;
    }
}

json *opt_json_schema(struct arena *arena, const struct opt *rows)
{
    json *properties = json_new_object(arena);
    for (const struct opt *row = rows; row && row->type != OPT_TYPE_END; row++) {
        json *schema = json_new_object(arena);
        json_set_text(arena, schema, "description", str_from(row->help ? row->help : ""));
        set_value(arena, schema, row);
        json_set(arena, properties, str_from(row->key), schema);
    }
    return properties;
}
