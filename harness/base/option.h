/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option.h: one row = key, type, default, limits and help; one parser for all tables.
 *
 * Experiment files, mock files, patterns, checks and the command line describe their keys with
 * rows of struct opt that fill a plain struct. From the same rows come the refusal of unknown
 * keys with the nearest word, the reference page, the JSON Schema for editors and --help.
 *
 *     struct map { const struct yaml *each; str as; int64_t width; };
 *     static const struct opt map_options[] = {
 *         OPT_RAW(map, each, .word = "node", .required = true, .help = "the work for one item"),
 *         OPT_NAME(map, as, .fallback = "item", .help = "name of the item"),
 *         OPT_INT(map, width, .min = 1, .max = 10000, .help = "items at once; all by default"),
 *         OPT_END,
 *     };
 *
 * Durations are ns, sizes bytes, usd nano-dollars, all int64_t. A key that is absent and has no
 * fallback leaves its field zero; `given` (a bool field, optional) tells 0 from absent.
 */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include "base/err.h"
#include "base/yaml.h"

enum opt_type {
    OPT_TYPE_END,
    OPT_TYPE_TEXT,     /* str: any text (numbers and words of YAML are refused) */
    OPT_TYPE_LABEL,    /* str: 1 to 100 characters; numbers are taken as written */
    OPT_TYPE_NAME,     /* str: [A-Za-z_][A-Za-z0-9_]{0,63} */
    OPT_TYPE_INT,      /* int64_t within min..max */
    OPT_TYPE_NUMBER,   /* double within min..max */
    OPT_TYPE_SHARE,    /* double 0..1 */
    OPT_TYPE_BOOL,     /* bool */
    OPT_TYPE_DURATION, /* int64_t ns: 250ms 1.5s 5m 2h */
    OPT_TYPE_SIZE,     /* int64_t bytes: 64KB 10MB (powers of 1,000) */
    OPT_TYPE_USD,      /* int64_t nano-dollars: at most nine decimals */
    OPT_TYPE_CHOICE,   /* int: index into choices */
    OPT_TYPE_TEXTS,    /* struct opt_texts: a list of texts */
    OPT_TYPE_RAW,      /* const struct yaml *: read by its owner; `word` names its type */
    OPT_TYPE_CUSTOM,   /* read by `custom`; `word` names its type */
};

struct opt_texts {
    const str *text;
    size_t count;
};

struct opt_parse; /* below */

struct opt {
    const char *key;
    enum opt_type type;
    size_t offset;
    size_t given; /* offset + 1 of a bool set when the key is present; 0: none */
    const char *help;
    const char *fallback; /* default, in the file's own notation; NULL: zero, absent */
    bool required;
    double min, max;            /* for INT and NUMBER; both 0: no limits */
    const char *const *choices; /* NULL-terminated */
    const char *word;           /* type as the reference names it: "node", "template" */
    /* CUSTOM: fills *field from value; returns -1 after mistake_add. */
    int (*custom)(struct opt_parse *parse, const struct yaml *value, void *field);
    /* What the row's type does not say, for editors: keywords of JSON Schema, in YAML's flow style
     * ("{minItems: 1}"); of the last row: what holds for the mapping as a whole. */
    const char *form;
    char letter; /* command line: short form */
    const char *also; /* command line: another name, that users of other tools know; may be NULL */
    const char *bare; /* command line: the value when the option stands without one, before another
                         option or at the end; NULL: it must have one */
};

/* What parsing needs; `context` is for custom readers. */
struct opt_parse {
    struct arena *arena;
    struct mistakes *mistakes;
    void *context;
};

#define OPT_ROW(kind, owner, field, ...)                                                     \
    {                                                                                        \
        .key = #field, .type = (kind), .offset = offsetof(struct owner, field), __VA_ARGS__  \
    }
#define OPT_TEXT(owner, field, ...) OPT_ROW(OPT_TYPE_TEXT, owner, field, __VA_ARGS__)
#define OPT_LABEL(owner, field, ...) OPT_ROW(OPT_TYPE_LABEL, owner, field, __VA_ARGS__)
#define OPT_NAME(owner, field, ...) OPT_ROW(OPT_TYPE_NAME, owner, field, __VA_ARGS__)
#define OPT_INT(owner, field, ...) OPT_ROW(OPT_TYPE_INT, owner, field, __VA_ARGS__)
#define OPT_NUMBER(owner, field, ...) OPT_ROW(OPT_TYPE_NUMBER, owner, field, __VA_ARGS__)
#define OPT_SHARE(owner, field, ...)                                                         \
    OPT_ROW(OPT_TYPE_SHARE, owner, field, .min = 0, .max = 1, __VA_ARGS__)
#define OPT_BOOL(owner, field, ...) OPT_ROW(OPT_TYPE_BOOL, owner, field, __VA_ARGS__)
#define OPT_DURATION(owner, field, ...) OPT_ROW(OPT_TYPE_DURATION, owner, field, __VA_ARGS__)
#define OPT_SIZE(owner, field, ...) OPT_ROW(OPT_TYPE_SIZE, owner, field, __VA_ARGS__)
#define OPT_USD(owner, field, ...) OPT_ROW(OPT_TYPE_USD, owner, field, __VA_ARGS__)
#define OPT_CHOICE(owner, field, ...) OPT_ROW(OPT_TYPE_CHOICE, owner, field, __VA_ARGS__)
#define OPT_TEXTS(owner, field, ...) OPT_ROW(OPT_TYPE_TEXTS, owner, field, __VA_ARGS__)
#define OPT_RAW(owner, field, ...) OPT_ROW(OPT_TYPE_RAW, owner, field, __VA_ARGS__)
#define OPT_CUSTOM(owner, field, ...) OPT_ROW(OPT_TYPE_CUSTOM, owner, field, __VA_ARGS__)
#define OPT_GIVEN(owner, field) .given = offsetof(struct owner, field) + 1
#define OPT_END                                                                              \
    {                                                                                        \
        .type = OPT_TYPE_END                                                                 \
    }
/* Of OPT_TYPE_INT without limits, either way: 2^53, up to which a double has all integers. */
#define OPT_INT_MOST 9007199254740992.0
/* The pattern of OPT_TYPE_NAME, for forms. */
#define OPT_FORM_NAME "^[A-Za-z_][A-Za-z0-9_]{0,63}$"
/* A text as OPT_TYPE_DURATION takes one. patternErrorMessage is what VS Code and
 * yaml-language-server say of any other; validators pass it over. */
#define OPT_FORM_DURATION                                                                      \
    "pattern: '^([0-9]+\\.?[0-9]*|\\.[0-9]+)(us|ms|s|m|h)$', patternErrorMessage: "              \
    "'expected a duration with a unit, such as 60s or 500ms'"
/* One {{…}} or a list. */
#define OPT_FORM_LIST "{anyOf: [{type: string, pattern: '\\{\\{'}, {type: array}]}"
/* The file name of rows. */
#define OPT_FORM_ROWS "pattern: '\\.([jJ][sS][oO][nN][lL]?|[yY][aA][mM][lL]|[cC][sS][vV])$'"
/* The last row of a table whose keys depend on each other, as JSON Schema says it (see form). */
#define OPT_END_FORM(text)                                                                   \
    {                                                                                        \
        .type = OPT_TYPE_END, .form = (text)                                                 \
    }

/* Sets every field with a fallback. BUG on a fallback that its own row refuses. */
void opt_defaults(const struct opt *rows, struct arena *arena, void *target);

/* Fills target from a mapping. `where` names the place for messages: "call", "map". Keys in
 * `also` (may be NULL) are left to the caller: other tables that share the mapping. 0, or -1 after
 * adding one or more mistakes; what could be read is filled in. */
struct opt_also {
    const struct opt *const *tables;
    size_t table_count;
    const str *keys; /* further single keys, such as pattern names */
    size_t key_count;
    const struct opt_elsewhere *elsewhere; /* ended by a row without a table; may be NULL */
};
/* Keys that people write at the wrong level: "expected it inside call". */
struct opt_elsewhere {
    const struct opt *rows;
    const char *where; /* "inside call" */
};
int opt_parse_mapping(struct opt_parse *parse, const struct opt *rows, const struct yaml *mapping,
                      const char *where, const struct opt_also *also, void *target);
/* One value by one row. */
int opt_parse_value(struct opt_parse *parse, const struct opt *row, const struct yaml *value,
                    void *target);
/* One value given as text (command line, environment). `shown` is how the option was written,
 * "--trials". A list gets one more text. ERR_INPUT with what was expected. */
int opt_parse_text(struct arena *arena, const struct opt *row, str text, const char *shown,
                   void *target, struct err *err);
const struct opt *opt_find(const struct opt *rows, str key);

/* Command line: --key VALUE, --key=VALUE, -k VALUE, -kVALUE, flags for bools (--key, --no-key);
 * '_' of a key is '-' on the command line. What is no option is handed back in *rest, in order;
 * everything after "--" too. ERR_INPUT for unknown options, with the nearest word. */
int opt_parse_argv(struct arena *arena, const struct opt *rows, int argc, char **argv,
                   void *target, str **rest, size_t *rest_count, struct err *err);

/* "a duration such as 60s or 500ms": what a row takes, for messages and reference pages. */
str opt_type_text(struct arena *arena, const struct opt *row);
/* The rows as a help text for a terminal (command line spelling). */
void opt_write_help(struct buf *out, const struct opt *rows);
/* The rows as paragraphs of a manual page, in the command line's spelling. */
void opt_write_man(struct buf *out, const struct opt *rows);
/* The rows as keys of a file, for a terminal: two lines each, meaning and type. */
void opt_write_keys(struct buf *out, const struct opt *rows);
/* The rows as a Markdown table: key, type, default, meaning. */
void opt_write_reference(struct buf *out, const struct opt *rows);
/* Value parsers that stand alone. */
bool parse_duration(str text, int64_t *ns);
bool name_is_valid(str name);

#endif
