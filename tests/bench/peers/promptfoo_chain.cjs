// SPDX-License-Identifier: GPL-3.0-or-later
// The three-call chain of row T3 as a script provider of promptfoo, the way it does workflows.
const url = `${process.env.WEIR_BENCH_URL}/v1/chat/completions`;

module.exports = class {
  id() {
    return 'chain';
  }
  async callApi(prompt) {
    let answer;
    for (let i = 0; i < 3; i++) {
      const reply = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', max_tokens: 100, messages: [{ role: 'user', content: prompt }] }),
      });
      answer = JSON.parse((await reply.json()).choices[0].message.content).answer;
    }
    return { output: answer };
  }
};
