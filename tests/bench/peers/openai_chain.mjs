// SPDX-License-Identifier: GPL-3.0-or-later
// The three-call chain of row T3 as a script on OpenAI's own client for Node: what people write
// who need no more than that. node openai_chain.mjs MODULES URL ROWS IN_FLIGHT [stream]
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [modules, url, rows, inFlight, stream] = process.argv.slice(2);
const OpenAI = createRequire(`${modules}/node_modules/`)('openai').OpenAI;
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
const samples = readFileSync(rows, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
let next = 0, right = 0;

async function call(text) {
  const request = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: text }] };
  let answer = '';
  if (stream) {
    for await (const part of await client.chat.completions.create({ ...request, stream: true }))
      answer += part.choices[0]?.delta?.content ?? '';
    return answer;
  }
  answer = (await client.chat.completions.create(request)).choices[0].message.content;
  return JSON.parse(answer).answer;
}

async function work() {
  while (next < samples.length) {
    const sample = samples[next++];
    let answer;
    for (let i = 0; i < 3; i++) answer = await call(sample.text);
    right += String(answer).includes(sample.expected);
  }
}
await Promise.all(Array.from({ length: Number(inFlight) }, work));
if (next !== samples.length) process.exit(1);
