/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bind.h: what a pattern's `bind` works with: children, templates and names at their place.
 *
 * A binder is the view of one node while it is read: where it stands in the variant (path) and
 * which names it sees (scope). bind_child makes the view of a child and reads it, so a pattern
 * never meets the YAML of another.
 *
 *     struct binder inner = *binder;
 *     bind_name(&inner, SCOPE_NAME, map->as, item);
 *     map->each = bind_child(&inner, map->each_yaml, STR("[*]"), &each);
 */
#ifndef PLAN_BIND_H
#define PLAN_BIND_H

#include "base/dataset.h"
#include "llm/model.h"
#include "plan/node.h"
#include "plan/prompt.h"
#include "plan/scope.h"
#include "plan/step_path.h"

struct experiment;
struct variant;

/* One step that was bound, for scores and reports. */
struct bound_step {
    struct bound_step *next;
    str path; /* generic: indexes are [*]; "." for the root */
    const struct node *node;
    const struct scope *scope; /* what the node's own keys see */
    struct shape yields;
};

struct binder {
    struct arena *arena;
    struct mistakes *mistakes;
    struct experiment *experiment;
    struct variant *variant; /* NULL when a shared node is read on its own */
    const struct scope *scope;
    str path;  /* generic path of this node; empty for the root */
    str label; /* its name for messages: "draft" */
    unsigned depth;
    const struct use_frame *uses;   /* shared nodes being expanded, against circles */
    bool may_see_expected;          /* scores do */
    const struct budget *reserves;  /* innermost budget that has to reserve; NULL: none */
    const char *reserves_path;      /* its key, for messages: "budget.cell" */
    const str *later, *later_after; /* see scope_check */
    size_t later_count;
};

/* The common keys of a node (4.0). */
extern const struct opt node_options[];

/* Reads a node that stands where a node is asked for. NULL after adding mistakes. `segment` is
 * added to the path ("[*]", "answer"; empty: none). *yields may be NULL. */
const struct node *bind_child(const struct binder *binder, const struct yaml *yaml, str segment,
                              struct shape *yields);
/* The root of a variant; keys in `also` are the variant's own. */
struct opt_also;
const struct node *bind_root(const struct binder *binder, const struct yaml *yaml,
                             const struct opt_also *also);
/* Adds a name to the scope of this view. */
void bind_name(struct binder *binder, enum scope_kind kind, str name, struct shape shape);
/* The same for a name that the user chose: refuses reserved names and those that hide a sample
 * field or a var. `what` is "step" or "branch"; 0 or -1. */
int bind_own_name(struct binder *binder, enum scope_kind kind, const char *what, str name,
                  struct place place, struct shape shape);

/* Compiles a template and checks its names. NULL after adding mistakes. */
const struct template *bind_template(const struct binder *binder, const struct yaml *yaml,
                                     struct shape *yields);
/* A warning for each {name} of a name that is known here, which is sent as it stands. */
void bind_check_braces(const struct binder *binder, const struct prompt *prompt);
/* Checks the names of a template that is compiled already (a prompt's): 0 or -1. */
int bind_check_names(const struct binder *binder, const struct template *template,
                     bool in_prompt_file, struct place user_place);
/* The same for what must be a list: a ref or a list in place; `what` is "map.over". */
const struct template *bind_list(const struct binder *binder, const struct yaml *yaml,
                                 const char *what, struct shape *item,
                                 struct shape_length *length);
/* A list of checks whose default subject is `value` (of shape `yields`). 0 or -1. */
int bind_checks(const struct binder *binder, const struct yaml *yaml, const char *what,
                struct shape yields, const struct check *const **checks, size_t *count);
/* Adds to what a node yields the lengths that its `count` gates leave possible. */
void bind_gate_lengths(const struct binder *binder, const struct node *node,
                       struct shape *yields);
/* Of a sample field that is a list in every sample, or of a var that is one. */
struct shape_length bind_input_length(const struct dataset *dataset, str name);
struct shape_length bind_var_length(const json *var);
/* Prompt, schema and model by name or in place. */
const struct prompt *bind_prompt(const struct binder *binder, const struct yaml *yaml);
int bind_schema(const struct binder *binder, const struct yaml *yaml,
                const struct jsonschema **schema, str *name);
const struct llm_model *bind_model(const struct binder *binder, str name, struct place place);
/* A model that makes vectors; NULL after adding a mistake. */
const struct llm_model *bind_embedding_model(const struct binder *binder, str name,
                                             struct place place);
/* Texts that the run embeds before its first cell; they must stay. The same set for the same
 * texts and model. */
const struct example_set *bind_examples(const struct binder *binder,
                                        const struct llm_model *model, const str *text,
                                        size_t count);
/* A program and its arguments (language 4.9), found and executable. */
struct command {
    str program; /* path */
    const str *argv;
    size_t argc;
    str folder;             /* of the experiment: where it runs */
    const str *environment; /* "NAME=value" */
    size_t environments;
};
/* Reads a list of texts; `what` is "exec.run". 0, or -1 after adding mistakes. */
int bind_command(const struct binder *binder, const struct yaml *yaml, const char *what,
                 struct command *command);
/* The variables that are passed on: those of a list of names (NULL: PATH and LANG), never a key of
 * a provider. */
int bind_environment(const struct binder *binder, const struct yaml *yaml,
                     struct command *command);
/* The model and parameters of a call after precedence: call, variant, model, experiment. */
int bind_params(const struct binder *binder, const struct yaml *call, struct place place,
                const struct llm_model **model, struct llm_params *params, int64_t *reask);
/* What a call asks of a model beside its parameters. */
struct bind_wish {
    const struct jsonschema *schema; /* NULL: text output */
    const struct llm_tool *tool;
    size_t tools;
};
/* The same for a model that stands in for it when its provider fails, with all checks. */
int bind_fallback(const struct binder *binder, const struct yaml *call,
                  const struct yaml *named, const struct bind_wish *wish,
                  const struct llm_model **model, struct llm_params *params);
/* Refuses a call that a budget around it could not reserve: no max_tokens, or no price. */
int bind_reservation(const struct binder *binder, struct place place,
                     const struct llm_model *model, const struct llm_params *params);
/* Refuses what the model cannot do with these settings: 0 or -1. */
int bind_model_check(const struct binder *binder, struct place place,
                     const struct llm_model *model, const struct llm_params *params,
                     const struct bind_wish *wish);
/* The prompt of each sample, as far as it is known before the run, fits the model's context window with
 * max_tokens of output. */
struct prompt;
int bind_context_check(const struct binder *binder, struct place place,
                       const struct llm_model *model, const struct llm_params *params,
                       const struct bind_wish *wish, const struct prompt *prompt);
/* A tool of the experiment, with its implementation in the scope of its arguments. */
struct bound_tool {
    struct llm_tool tool;
    const struct jsonschema *schema; /* of the arguments */
    const struct node *run;
};
extern const struct opt tool_options[];
int bind_tool(const struct binder *binder, str name, struct place place,
              struct bound_tool *tool);
/* The shared node `name`, bound at this place (for `use`). */
const struct node *bind_shared(const struct binder *binder, const struct yaml *name,
                               struct shape *yields);

/* Where the part of a tree stands that a JSON pointer names ("/properties/a/type"); the nearest
 * part above it when there is none. */
struct place bind_pointer_place(struct arena *arena, const struct yaml *yaml, str pointer);

#endif
