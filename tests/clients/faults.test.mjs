/* SPDX-License-Identifier: GPL-3.0-or-later */
// What OpenAI's own client makes of each kind of fault, without retries: the table in
// docs/mock-server.md is compared with it.
import {after, before, test} from 'node:test'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import OpenAI from 'openai'
import {check, startMock} from './mock.mjs'

const reply = 'Größe und Übermaß, 漢字 ohne Ende'
const faults = [
  'status: 500', 'status: 429, retry_after: 2s', 'status: 502, html: true', 'empty: true',
  'wrong_type: true', 'bad_json: true', 'hang: headers', 'hang: body', 'drip: 0.1ms',
  'reset: headers', 'reset: headers, fin: true', 'reset: body', 'reset: body, fin: true',
  'reset: stream', 'reset: stream, fin: true', 'wrong_length: short', 'wrong_length: long',
  'cut: utf8', 'cut: string', 'cut: before_usage', 'cut: before_end', 'error_event: 2',
  'frames: double', 'frames: swap', 'frames: join', 'frames: split', 'frames: crlf',
  'frames: comments',
]
const body = {model: 'm', messages: [{role: 'user', content: 'hi'}]}
const patience = 1500 // ms, for those that hang

let mock, folder
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-faults-'))
  const lines = faults.map((fault, i) => `- {${fault}, when: {header: {x-fault: "${i}"}}}`)
  const yaml = `rules: {r: {reply: "${reply}"}}\nfaults:\n${lines.join('\n')}\n`
  writeFileSync(join(folder, 'mock.yaml'), yaml)
  mock = await startMock(['--config', join(folder, 'mock.yaml')])
})
after(async () => {
  await mock.stop()
  rmSync(folder, {recursive: true})
})

// One word for what a text is against the reply without a fault.
function textWord(text) {
  if (text === reply) return 'the reply'
  if (typeof text !== 'string') return 'no text'
  if (text === '') return 'an empty reply'
  return reply.startsWith(text) ? 'part of the reply' : 'another text'
}

async function observe(i, stream) {
  const headers = {'X-Fault': String(i), 'Idempotency-Key': 'k', 'X-Weir-Attempt': '1'}
  const client = new OpenAI({
    apiKey: 'k', baseURL: `${mock.url}/v1`, maxRetries: 0, timeout: patience,
  })
  let text = ''
  try {
    if (!stream) {
      const whole = await client.chat.completions.create(body, {headers})
      return textWord(whole?.choices?.[0]?.message?.content)
    }
    const signal = AbortSignal.timeout(2 * patience)
    const options = {include_usage: true}
    const chunks = await client.chat.completions.create(
      {...body, stream: true, stream_options: options}, {headers, signal})
    for await (const chunk of chunks) text += chunk.choices[0]?.delta?.content ?? ''
    return signal.aborted ? `${textWord(text)}, then a timeout` : textWord(text)
  } catch (error) {
    const name = error.constructor.name + (error.status ? ` (${error.status})` : '')
    return text ? `${textWord(text)}, then ${name}` : name
  }
}

test('each fault is seen as documented', {timeout: 60000}, async () => {
  const docs = readFileSync(new URL('../../docs/mock-server.md', import.meta.url), 'utf8')
  for (let i = 0; i < faults.length; i++) {
    const row = `| \`${faults[i]}\` | ${await observe(i, false)} | ${await observe(i, true)} |`
    if (process.env.PRINT) console.log(row)
    else check.ok(docs.includes(`\n${row}\n`), `docs/mock-server.md lacks: ${row}`)
  }
})
