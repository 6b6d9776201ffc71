/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * credentials.h: keys that someone wrote into a file.
 */
#ifndef LLM_CREDENTIALS_H
#define LLM_CREDENTIALS_H

#include "base/option.h"

/* The mapping without members that are named like a credential (api_key, token, …). Each is
 * registered as a secret and reported as a mistake that does not repeat it. */
const struct yaml *llm_refuse_credentials(struct opt_parse *parse, const struct yaml *mapping);

#endif
