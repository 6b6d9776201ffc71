/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_chat.h: the two halves of the Chat Completions dialect.
 */
#ifndef MOCK_OPENAI_CHAT_H
#define MOCK_OPENAI_CHAT_H

#include "mock_server/request.h"

/* Reads and checks a body as the provider does: the first thing that is wrong is a 400 with its
 * parameter. */
int openai_chat_read(const json *body, struct request *request, struct trouble *trouble);

#endif
