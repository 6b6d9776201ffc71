/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * credentials.h: keys that someone wrote into a file, and texts that cannot be keys.
 */
#ifndef LLM_CREDENTIALS_H
#define LLM_CREDENTIALS_H

#include "base/option.h"

/* The mapping without members that are named like a credential (api_key, token, …). Each is
 * registered as a secret and reported as a mistake that does not repeat it. */
const struct yaml *llm_refuse_credentials(struct opt_parse *parse, const struct yaml *mapping);
/* Registers a scalar's text as a secret: it may be the key itself where its name was asked for. */
void llm_hide_value(const struct yaml *value);

/* A line break or another control character, which would end a header or a URL. */
bool llm_has_control(str text);

#endif
