/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decide.c: choosing a rule and making its reply (see decide.h).
 *
 * What a reply says is drawn from keys without the attempt, so that a retry gets the reply that
 * the first attempt would have got.
 */
#include "mock_server/decide.h"

#include "base/log.h"
#include "mock_server/dialect.h"
#include "mock_server/identity.h"
#include "mock_server/synthetic.h"

/* A look-up in one answer key; made at most once a request unless `within` needs captures. */
struct look {
    bool done;
    const struct item *item;
    double place;
};

struct deciding {
    const struct config *config;
    const struct model *model;
    const struct request *request;
    const struct http_request *http;
    struct arena *arena;
    struct look *look; /* one an answer key */
    str squeezed;      /* the prompt; empty until needed */
    const json *request_json;
    struct decision *decision;
    struct trouble *trouble;
};

/* ---- names that templates see ---- */

static const struct env *request_env(struct deciding *d, const struct env *outer)
{
    if (!d->request_json) {
        json *object = json_new_object(d->arena);
        json_set_text(d->arena, object, "model", d->request->model);
        json_set_text(d->arena, object, "dialect", dialect_name(d->request->dialect));
        json_set_text(d->arena, object, "system", d->request->system);
        json_set_text(d->arena, object, "prompt", d->request->prompt);
        json_set_text(d->arena, object, "schema", d->request->schema_name);
        json_set_int(d->arena, object, "turn", d->request->answered);
        json_set_int(d->arena, object, "attempt", d->request->attempt);
        d->request_json = object;
    }
    return env_bind(d->arena, outer, STR("request"), d->request_json);
}

/* ---- rows ---- */

static void look_in(struct deciding *d, const struct answer_key *key, str squeezed,
                    struct look *look)
{
    struct find_hit hit;
    *look = (struct look){.done = true};
    if (!find_longest(key->find, squeezed, &hit))
        return;
    look->item = &key->item[hit.number];
    size_t rest = squeezed.n - hit.n;
    look->place = rest ? (double)hit.at / (double)rest : 0;
    (void)d;
}

static struct look look_up(struct deciding *d, const struct answer_key *key,
                           const struct env *captures)
{
    if (key->within) {
        struct look look = {.done = true};
        str text;
        if (template_render(key->within, request_env(d, captures), d->arena, &text, NULL) == 0)
            look_in(d, key, find_squeeze(d->arena, text), &look);
        return look;
    }
    struct look *look = &d->look[key->index];
    if (!look->done) {
        if (!d->squeezed.p)
            d->squeezed = find_squeeze(d->arena, d->request->prompt);
        look_in(d, key, d->squeezed, look);
    }
    return *look;
}

/* ---- answers ---- */

static int template_trouble(struct deciding *d, str rule,
                            const struct template_problem *problem)
{
    log_line(LOG_WARNING, "rule '%.*s': %.*s", STR_ARG(rule), STR_ARG(problem->text));
    return trouble_set(d->arena, d->trouble, 500, NULL, "mock_template",
                       "weir-mock: rule '%.*s': %.*s", STR_ARG(rule), STR_ARG(problem->text));
}

struct answering {
    str name;
    const struct answer_key *key;
    const struct template *right;
    const struct wrong_list *wrong;
    struct look look;
    const struct env *outer; /* captures and request */
};

static struct skill_draw draw_of(const struct deciding *d, const struct answering *a)
{
    const struct request *request = d->request;
    const struct model *model = d->model;
    return (struct skill_draw){
        .seed = d->config->seed,
        .mode = model->mode,
        .systematic = model->systematic,
        .prompt_sensitivity = model->prompt_sensitivity,
        .scope = request->scope,
        .model = request->model,
        .rule = a->name,
        .item = a->look.item->name,
        .index = a->look.item->index,
        .items = a->key->items,
        .sample = request->sample,
        .content = request->content,
    };
}

static double chance_of(const struct deciding *d, const struct answering *a)
{
    const struct skill_facts facts = {
        .difficulty = a->look.item->difficulty,
        .tokens = (double)d->request->input_tokens,
        .place = a->look.place,
        .prompt = d->request->prompt,
    };
    return skill_chance(model_skill(d->model, a->name), &facts);
}

static void say_right(struct deciding *d, const json *right, struct choice *choice)
{
    *choice = (struct choice){.kind = CHOICE_TEXT, .text = answer_text(d->arena, right)};
}

static int make_answer(struct deciding *d, const struct answering *a)
{
    struct template_problem problem = {0};
    const struct env *env = item_env(d->arena, a->outer, a->look.item);
    const json *right = template_eval(a->right, env, d->arena, &problem);
    if (!right)
        return template_trouble(d, a->name, &problem);
    const struct skill_draw draw = draw_of(d, a);
    struct wrong_case wrong_case = {
        .arena = d->arena,
        .right = right,
        .right_template = a->right,
        .env = env,
        .outer = a->outer,
        .key = a->key,
        .item = a->look.item,
        .schema = d->request->schema,
    };
    struct decision *decision = d->decision;
    struct verdict *verdict = arena_array(d->arena, struct verdict, decision->choices);
    decision->chance = chance_of(d, a);
    decision->item = a->look.item;
    decision->verdict = verdict;
    for (size_t i = 0; i < decision->choices; i++) {
        verdict[i].correct = skill_draw_u(&draw, i) < decision->chance;
        if (verdict[i].correct) {
            say_right(d, right, &decision->choice[i]);
            continue;
        }
        wrong_case.draw = skill_draw_key(&draw);
        wrong_case.choice = i;
        verdict[i].wrong = wrong_make(a->wrong, &wrong_case, &decision->choice[i]);
    }
    return 0;
}

/* ---- rules ---- */

static void call_tools(struct tool_use *use, size_t uses, struct choice *choice)
{
    *choice =
        (struct choice){.kind = CHOICE_TOOL, .use = use, .uses = uses, .finish = FINISH_TOOL};
}

static void call_tool(struct deciding *d, str name, str arguments, struct choice *choice)
{
    struct tool_use *use = arena_new(d->arena, struct tool_use);
    *use = (struct tool_use){name, arguments};
    call_tools(use, 1, choice);
}

static int make_calls(struct deciding *d, const struct rule *rule, const struct env *env)
{
    struct template_problem problem = {0};
    struct decision *decision = d->decision;
    size_t uses = d->request->one_call ? 1 : rule->calls;
    struct tool_use *use = arena_array(d->arena, struct tool_use, uses * decision->choices);
    for (size_t i = 0; i < uses; i++) {
        const json *value = template_eval(rule->call[i].arguments, env, d->arena, &problem);
        if (!value)
            return template_trouble(d, rule->name, &problem);
        use[i] = (struct tool_use){rule->call[i].name, answer_text(d->arena, value)};
    }
    for (size_t i = 0; i < decision->choices; i++) { /* each may be cut for itself */
        memcpy(&use[i * uses], use, uses * sizeof *use);
        call_tools(&use[i * uses], uses, &decision->choice[i]);
    }
    return 0;
}

static int make_reply(struct deciding *d, const struct rule *rule, const struct env *env)
{
    struct template_problem problem = {0};
    struct decision *decision = d->decision;
    str text = rule->file;
    if (rule->kind == RULE_TOOL_CALL)
        return make_calls(d, rule, env);
    if (rule->kind != RULE_FILE) {
        const json *value = template_eval(rule->right, env, d->arena, &problem);
        if (!value)
            return template_trouble(d, rule->name, &problem);
        text = answer_text(d->arena, value);
    }
    if (rule->file_is_body) {
        decision->body = rule->file;
        return 0;
    }
    for (size_t i = 0; i < decision->choices; i++)
        decision->choice[i] = (struct choice){.text = text};
    return 0;
}

/* Gives a body of its own, whatever the endpoint: all that a count or an embedding can be. */
static bool is_whole(const struct rule *rule)
{
    return rule->kind == RULE_STATUS || rule->file_is_body;
}

/* 1: it does not match; else as decide(). */
static int try_rule(struct deciding *d, const struct rule *rule)
{
    const struct env *env = NULL;
    struct answering a = {.name = rule->name, .key = rule->from, .right = rule->right};
    a.wrong = &rule->wrong;
    if (!when_matches(&rule->when, d->request, d->http, &env))
        return 1;
    struct look row = {0};
    if (rule->when.row) {
        row = look_up(d, rule->when.row, env);
        if (!row.item)
            return 1;
    }
    if (rule->uses_request)
        env = request_env(d, env);
    if (rule->kind == RULE_ANSWER) {
        a.look = look_up(d, rule->from, env);
        if (!a.look.item)
            return 1;
    }
    d->decision->rule = rule;
    d->decision->name = rule->name;
    if (rule->kind == RULE_STATUS) {
        *d->trouble = (struct trouble){.status = (int)rule->status};
        return -1;
    }
    a.outer = row.item ? item_env(d->arena, env, row.item) : env;
    if (rule->kind == RULE_ANSWER)
        return make_answer(d, &a);
    d->decision->item = row.item;
    return make_reply(d, rule, a.outer);
}

static int try_key(struct deciding *d, const struct answer_key *key)
{
    struct answering a = {
        .name = key->name, .key = key, .right = key->right, .wrong = &key->wrong};
    a.look = look_up(d, key, NULL);
    if (!a.look.item)
        return 1;
    if (template_uses(key->right, STR("request")) ||
        wrong_list_uses(&key->wrong, STR("request")))
        a.outer = request_env(d, NULL);
    d->decision->name = key->name;
    return make_answer(d, &a);
}

/* ---- defaults ---- */

static const struct tool *wanted_tool(const struct request *request)
{
    if (request->tool_choice == TOOL_REQUIRED && request->tools)
        return &request->tool[0];
    for (size_t i = 0; request->tool_choice == TOOL_NAMED && i < request->tools; i++)
        if (str_equal(request->tool[i].name, request->tool_name))
            return &request->tool[i];
    return NULL;
}

static void make_default(struct deciding *d)
{
    const struct request *request = d->request;
    const struct tool *tool = wanted_tool(request);
    struct rng_key key = identity_key(d->config->seed, request);
    for (size_t i = 0; i < d->decision->choices; i++) {
        struct choice *choice = &d->decision->choice[i];
        struct rng_key draw = i ? rng_mix_int(key, i) : key;
        if (tool && tool->is_custom) {
            call_tool(d, tool->name, synthetic_text(d->arena, draw), choice);
        } else if (tool) {
            const json *arguments = synthetic_value(d->arena, tool->parameters, draw);
            call_tool(d, tool->name, answer_text(d->arena, arguments), choice);
        } else if (request->wants_json) {
            const json *value = synthetic_value(d->arena, request->schema, draw);
            *choice = (struct choice){.text = request->bare_text
                                                  ? answer_text(d->arena, value)
                                                  : json_to_str(d->arena, value, JSON_COMPACT)};
        } else {
            *choice = (struct choice){.text = synthetic_text(d->arena, draw)};
        }
    }
}

/* ---- the end of a choice ---- */

static void stop_at_texts(const struct request *request, struct choice *choice)
{
    ptrdiff_t first = -1;
    for (size_t i = 0; i < request->stops; i++) {
        ptrdiff_t at = request->stop[i].n ? str_find(choice->text, request->stop[i], 0) : -1;
        if (at < 0 || (first >= 0 && at >= first))
            continue;
        first = at;
        choice->stopped_by = request->stop[i];
    }
    if (first < 0)
        return;
    choice->text = str_sub(choice->text, 0, (size_t)first);
    choice->finish = FINISH_STOP;
}

static int64_t tokens_of(const struct choice *choice)
{
    int64_t tokens = choice->reasoning_tokens + token_count(choice->text);
    for (size_t i = 0; i < choice->uses; i++)
        tokens += token_count(choice->use[i].name) + token_count(choice->use[i].arguments);
    return tokens;
}

/* In the order of generation: what comes last goes first. */
static void cut_to(struct choice *choice, int64_t left)
{
    if (choice->reasoning_tokens > left)
        choice->reasoning_tokens = left;
    left -= choice->reasoning_tokens;
    choice->text = token_cut(choice->text, left);
    left -= token_count(choice->text);
    for (size_t i = 0; i < choice->uses; i++) {
        struct tool_use *use = &choice->use[i];
        if (token_count(use->name) > left) {
            choice->uses = i;
            break;
        }
        left -= token_count(use->name);
        use->arguments = token_cut(use->arguments, left);
        left -= token_count(use->arguments);
    }
    if (choice->kind == CHOICE_TOOL && choice->uses == 0)
        choice->kind = CHOICE_TEXT;
}

/* Cuts at stop texts and at the limit of tokens, and counts. */
static void finish_choice(const struct request *request, struct choice *choice)
{
    if (choice->kind == CHOICE_TEXT)
        stop_at_texts(request, choice);
    choice->tokens = tokens_of(choice);
    if (request->max_tokens && choice->tokens > request->max_tokens) {
        cut_to(choice, request->max_tokens);
        choice->stopped_by = STR("");
        choice->tokens = request->max_tokens;
        choice->finish = FINISH_LENGTH;
    }
}

/* Before anything is said. What is shown of it is a few sentences, however long it took. */
static void think(struct deciding *d)
{
    struct rng_key key = identity_key(d->config->seed, d->request);
    for (size_t i = 0; i < d->decision->choices; i++) {
        struct choice *choice = &d->decision->choice[i];
        choice->reasoning_tokens = reasoning_draw(&d->model->reasoning, d->request, key, i);
        if (choice->reasoning_tokens > 0)
            choice->reasoning = token_cut(
                synthetic_text(d->arena, rng_mix_int(rng_mix_str(key, STR("thought")), i)),
                choice->reasoning_tokens);
    }
}

/* A file that only slows down or refuses leaves all texts to the default, and means to. */
static bool says_texts(const struct config *config)
{
    bool says = config->answers.count > 0;
    for (size_t i = 0; i < config->rules.count && !says; i++)
        says = config->rules.rule[i].kind != RULE_STATUS;
    return says;
}

int decide(const struct config *config, const struct model *model,
           const struct request *request, const struct http_request *http,
           struct decision *decision, struct trouble *trouble)
{
    struct deciding d = {
        .config = config,
        .model = model,
        .request = request,
        .http = http,
        .arena = request->arena,
        .look = arena_array(request->arena, struct look, config->answers.count),
        .decision = decision,
        .trouble = trouble,
    };
    const bool generates = request->dialect->task == TASK_REPLY && request->choices > 0;
    *decision = (struct decision){.choices = generates ? (size_t)request->choices : 0};
    decision->choice = arena_array(request->arena, struct choice, decision->choices);
    int result = 1;
    for (size_t i = 0; i < config->rules.count && result == 1; i++)
        if (generates || is_whole(&config->rules.rule[i]))
            result = try_rule(&d, &config->rules.rule[i]);
    for (size_t i = 0; i < config->answers.count && result == 1 && generates; i++)
        result = try_key(&d, &config->answers.key[i]);
    if (result < 0)
        return -1;
    if (result == 1) {
        make_default(&d);
        decision->made_up = generates && says_texts(config);
    }
    if (model->reasoning.tokens.most_ns > 0)
        think(&d);
    for (size_t i = 0; i < decision->choices && !decision->body.n; i++)
        finish_choice(request, &decision->choice[i]);
    return 0;
}
