/* SPDX-License-Identifier: GPL-3.0-or-later */
// Anthropic's own client drives weir-mock: messages, counts, models.
import {fileURLToPath} from 'node:url'
import {after, before, describe, test} from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import {jsonSchemaOutputFormat} from '@anthropic-ai/sdk/helpers/json-schema'
import {betaTool} from '@anthropic-ai/sdk/helpers/beta/json-schema'
import {check, collect, startMock} from './mock.mjs'

let mock, bare, own, client, plain, broken
const model = 'claude-opus-5-5'
const max_tokens = 1000
const user = (content) => [{role: 'user', content}]
const weather = {
  type: 'object',
  properties: {city: {type: 'string'}, unit: {type: 'string', enum: ['celsius', 'fahrenheit']}},
  required: ['city', 'unit'],
  additionalProperties: false,
}
const tools = [{name: 'get_weather', description: 'The weather', input_schema: weather}]
const oslo = {city: 'Oslo', unit: 'celsius'}
const person = {
  type: 'object',
  properties: {
    name: {type: 'string'},
    age: {type: 'integer', minimum: 0, maximum: 150},
    tags: {type: 'array', items: {type: 'string', enum: ['a', 'b', 'c']}},
  },
  required: ['name', 'age', 'tags'],
  additionalProperties: false,
}

before(async () => {
  mock = await startMock()
  bare = await startMock([])
  own = await startMock(['--config', fileURLToPath(new URL('anthropic.yaml', import.meta.url))])
  client = new Anthropic({apiKey: 'sk-ant-test', baseURL: mock.url})
  plain = new Anthropic({apiKey: 'sk-ant-test', baseURL: bare.url, maxRetries: 0})
  broken = new Anthropic({apiKey: 'sk-ant-test', baseURL: own.url, maxRetries: 0})
})
after(async () => {
  await mock.stop()
  await bare.stop()
  await own.stop()
})

const textOf = (message) => message.content.filter((block) => block.type === 'text').map((block) => block.text).join('')
const callOf = (message) => message.content.find((block) => block.type === 'tool_use')
const billed = ({usage}) => usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens

describe('messages', () => {
  test('a reply without configuration', async () => {
    const reply = await plain.messages.create({model, max_tokens, messages: user('Hello')})
    check.match(reply.id, /^msg_/)
    check.equal(reply.type, 'message')
    check.equal(reply.role, 'assistant')
    check.equal(reply.model, model)
    check.equal(reply.stop_reason, 'end_turn')
    check.ok(textOf(reply).length > 0)
    check.ok(reply.usage.input_tokens > 0 && reply.usage.output_tokens > 0)
    check.match(reply._request_id, /^req_/)
  })

  test('both ways to give a key, both versions', async () => {
    const body = {model, max_tokens, messages: user('Hello')}
    const version = {headers: {'anthropic-version': '2023-06-01'}}
    const bearer = new Anthropic({authToken: 'token', apiKey: null, baseURL: bare.url, maxRetries: 0})
    check.ok((await bearer.messages.create(body)).id)
    check.ok((await plain.messages.create({...body, temperature: 0.5, top_k: 5}, version)).id)
    await check.rejects(plain.messages.create({...body, temperature: 0.5}), Anthropic.BadRequestError)
  })

  test('limits are told on every reply', async () => {
    const {response} = await plain.messages.create({model, max_tokens, messages: user('Hello')}).withResponse()
    for (const family of ['requests', 'tokens', 'input-tokens', 'output-tokens']) {
      const header = (name) => response.headers.get(`anthropic-ratelimit-${family}-${name}`)
      check.ok(Number(header('remaining')) <= Number(header('limit')))
      check.ok(!Number.isNaN(Date.parse(header('reset'))))
      check.ok(Date.parse(header('reset')) >= Date.parse(response.headers.get('date')))
    }
  })

  test('a stream brings what the whole reply does', async () => {
    const body = {model, max_tokens, system: 'Be brief.', messages: user('Tell me a story')}
    const headers = {'Idempotency-Key': 'story-1', 'X-Weir-Attempt': '1'}
    const whole = await client.messages.create(body, {headers})
    const events = await collect(await client.messages.create({...body, stream: true}, {headers}))
    check.equal(events[0].type, 'message_start')
    check.equal(events.at(-1).type, 'message_stop')
    check.equal(events.at(-2).usage.output_tokens, whole.usage.output_tokens)
    check.equal(events.at(-2).delta.stop_reason, whole.stop_reason)
    const deltas = events.filter((event) => event.type === 'content_block_delta')
    check.ok(deltas.length > 10)
    check.equal(deltas.map((event) => event.delta.text).join(''), textOf(whole))
    const final = await client.messages.stream(body, {headers}).finalMessage()
    delete final.parsed_output
    check.deepEqual(JSON.parse(JSON.stringify(final)), JSON.parse(JSON.stringify(whole)))
  })

  test('the stream helper puts a stream together', async () => {
    const stream = client.messages.stream({model, max_tokens, messages: user('Tell me a story')})
    let seen = ''
    stream.on('text', (delta) => (seen += delta))
    check.equal(await stream.finalText(), seen)
    check.match(seen, /^Once upon a time/)
    check.match(stream.request_id, /^req_/)
  })

  test('the end: limit of tokens, stop texts, prefill', async () => {
    const short = await client.messages.create({model, max_tokens: 5, messages: user('A story')})
    check.equal(short.stop_reason, 'max_tokens')
    check.equal(short.usage.output_tokens, 5)
    const stopped = await client.messages.create({model, max_tokens, messages: user('A story'), stop_sequences: ['STOP', 'x']})
    check.equal(stopped.stop_reason, 'stop_sequence')
    check.equal(stopped.stop_sequence, 'STOP')
    check.ok(!textOf(stopped).includes('STOP'))
    const warm = await client.messages.create({model, max_tokens: 0, messages: user('A story')})
    check.deepEqual(warm.content, [])
    check.equal(warm.usage.output_tokens, 0)
    const filled = await client.messages.create({model, max_tokens, messages: [...user('A story'), {role: 'assistant', content: 'Once'}]})
    check.equal(filled.stop_reason, 'end_turn')
  })

  test('structured output conforms, streamed or not', async () => {
    const body = {model, max_tokens, messages: user('Who?'), output_config: {format: jsonSchemaOutputFormat(person)}}
    const reply = await plain.messages.parse(body)
    const final = await plain.messages.stream(body).finalMessage()
    for (const value of [reply.parsed_output, final.parsed_output, JSON.parse(textOf(reply))]) {
      check.equal(typeof value.name, 'string')
      check.ok(Number.isInteger(value.age))
      check.ok(value.tags.every((tag) => ['a', 'b', 'c'].includes(tag)))
    }
    const open = {type: 'json_schema', schema: {type: 'object', properties: {}}}
    await check.rejects(plain.messages.create({...body, output_config: {format: open}}), Anthropic.BadRequestError)
  })

  test('tools: asked for, answered, streamed', async () => {
    const messages = user('What is the weather in Oslo?')
    const first = await client.messages.create({model, max_tokens, messages, tools})
    const call = callOf(first)
    check.equal(first.stop_reason, 'tool_use')
    check.match(call.id, /^toolu_/)
    check.deepEqual(call.input, oslo)
    const told = [...messages, {role: 'assistant', content: first.content},
      {role: 'user', content: [{type: 'tool_result', tool_use_id: call.id, content: '4'}]}]
    const second = await client.messages.create({model, max_tokens, tools, messages: told})
    check.equal(textOf(second), 'It is 4 degrees in Oslo.')
    const stream = client.messages.stream({model, max_tokens, messages, tools})
    const pieces = []
    stream.on('inputJson', (piece) => pieces.push(piece))
    check.deepEqual(callOf(await stream.finalMessage()).input, oslo)
    check.ok(pieces.length > 2)
    check.deepEqual(JSON.parse(pieces.join('')), oslo)
    for (const tool_choice of [{type: 'any'}, {type: 'tool', name: 'get_weather'}]) {
      const chosen = await plain.messages.create({model, max_tokens, messages: user('Go'), tools, tool_choice})
      check.ok(['celsius', 'fahrenheit'].includes(callOf(chosen).input.unit))
    }
    const none = await plain.messages.create({model, max_tokens, messages: user('Go'), tools, tool_choice: {type: 'none'}})
    check.equal(callOf(none), undefined)
  })

  test('the tool runner ends with the answer', async () => {
    let asked
    const runner = client.beta.messages.toolRunner({
      model, max_tokens,
      messages: user('What is the weather in Oslo?'),
      tools: [betaTool({
        name: 'get_weather', description: 'The weather', inputSchema: weather,
        run: (args) => { asked = args; return '4' }})],
    })
    check.equal(textOf(await runner), 'It is 4 degrees in Oslo.')
    check.deepEqual(asked, oslo)
  })

  test('blocks of every kind are taken', async () => {
    const reply = await plain.messages.create({
      model, max_tokens,
      system: [{type: 'text', text: 'Be brief.', cache_control: {type: 'ephemeral', ttl: '1h'}}],
      messages: user([
        {type: 'image', source: {type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo='}},
        {type: 'image', source: {type: 'url', url: 'https://example.com/a.png'}},
        {type: 'document', source: {type: 'text', media_type: 'text/plain', data: 'A document.'}, title: 'T'},
        {type: 'search_result', source: 'https://example.com', title: 'T', content: [{type: 'text', text: 'Found.'}]},
        {type: 'text', text: 'What is this?'},
      ]),
      thinking: {type: 'adaptive'}, metadata: {user_id: 'u'}, service_tier: 'auto',
    })
    check.ok(textOf(reply))
  })
})

describe('counts', () => {
  test('what is counted is billed', async () => {
    const bodies = [
      {model, messages: user('Hello')},
      {model, messages: user('Hello'), system: 'You are terse.', tools},
      {model, messages: user('Who?'), output_config: {format: {type: 'json_schema', schema: {...person, properties: {name: {type: 'string'}}, required: ['name']}}}},
      {model, messages: [...user('Hello'), {role: 'assistant', content: 'Yes?'}, ...user('Go on')], tools, tool_choice: {type: 'any'}},
    ]
    for (const body of bodies) {
      const {input_tokens} = await plain.messages.countTokens(body)
      check.equal(input_tokens, billed(await plain.messages.create({...body, max_tokens})))
    }
  })
})

describe('failures', () => {
  test('retries until it succeeds', async () => {
    const reply = await client.messages.create({model, max_tokens, messages: user('You are busy')})
    check.ok(textOf(reply))
    const seen = (await mock.journal()).filter((entry) => entry.body.includes('You are busy'))
    check.deepEqual(seen.map((entry) => entry.status), [429, 429, 200])
    check.ok((await client.messages.create({model, max_tokens, messages: user('broken once')})).id)
  })

  test('errors have the provider\'s classes', async () => {
    const once = {maxRetries: 0}
    const ask = (text, more = {}) => client.messages.create({model, max_tokens, messages: user(text), ...more}, once)
    await check.rejects(ask('no money'),
      (error) => error instanceof Anthropic.RateLimitError && error.type === 'rate_limit_error' &&
        error.errorCode === 'enforced_spend_limit_reached' && error.headers.get('retry-after') === null)
    await check.rejects(ask('busy too'),
      (error) => error instanceof Anthropic.RateLimitError && error.headers.get('retry-after') === '1')
    await check.rejects(ask('broken'),
      (error) => error instanceof Anthropic.InternalServerError && error.type === 'api_error' && error.requestID.startsWith('req_'))
    await check.rejects(plain.messages.create({model, max_tokens, messages: []}),
      (error) => error instanceof Anthropic.BadRequestError && error.type === 'invalid_request_error')
    await check.rejects(plain.messages.create({model, messages: user('x')}),
      (error) => error.status === 400 && error.apiMessage === 'max_tokens: Field required')
    await check.rejects(ask('x', {max_tokens: 'x'}), Anthropic.BadRequestError)
    await check.rejects(plain.get('/v1/nothing/here'),
      (error) => error instanceof Anthropic.NotFoundError && error.type === 'not_found_error')
    const nobody = new Anthropic({apiKey: 'x', baseURL: bare.url, maxRetries: 0, defaultHeaders: {'X-Api-Key': null, Authorization: null}})
    await check.rejects(nobody.models.list(), (error) => error instanceof Anthropic.AuthenticationError && error.type === 'authentication_error')
    const old = {...once, headers: {'anthropic-version': '2020-01-01'}}
    await check.rejects(plain.messages.create({model, max_tokens, messages: user('x')}, old), Anthropic.BadRequestError)
  })

  test('an error in mid-stream', async () => {
    const body = {model, max_tokens, messages: user('fail mid-stream')}
    await check.rejects((async () => collect(await client.messages.create({...body, stream: true})))(),
      (error) => error instanceof Anthropic.APIError && error.type === 'api_error')
    await check.rejects(client.messages.stream(body).finalMessage(), Anthropic.AnthropicError)
  })

  test('a stream that is given up', async () => {
    const stream = await client.messages.create({model, max_tokens, messages: user('Tell me a story'), stream: true})
    for await (const event of stream)
      if (event.type === 'content_block_delta') break
    check.ok(stream.controller.signal.aborted)
    check.ok((await client.messages.create({model, max_tokens, messages: user('Hello')})).id)
  })
})

describe('what a mock file adds', () => {
  const body = (text, more = {}) => ({model, max_tokens, messages: user(text), ...more})
  const headers = {'Idempotency-Key': 'k', 'X-Weir-Attempt': '1'}

  test('thinking, where it is asked for', async () => {
    const silent = await broken.messages.create(body('Hello'), {headers})
    check.deepEqual(silent.content.map((block) => block.type), ['text'])
    const thinking = {type: 'adaptive'}
    const whole = await broken.messages.create(body('Hello', {thinking}), {headers})
    check.deepEqual(whole.content.map((block) => block.type), ['thinking', 'text'])
    check.equal(whole.usage.output_tokens_details.thinking_tokens, 40)
    const stream = broken.messages.stream(body('Hello', {thinking}), {headers})
    let thought = '', signature
    stream.on('thinking', (piece) => (thought += piece))
    stream.on('signature', (one) => (signature = one))
    const final = await stream.finalMessage()
    check.equal(thought, whole.content[0].thinking)
    check.equal(signature, whole.content[0].signature)
    check.equal(final.content[0].signature, signature)
    const hidden = await broken.messages.create(body('Hello', {thinking: {...thinking, display: 'omitted'}}), {headers})
    check.equal(hidden.content[0].thinking, '')
    const back = await broken.messages.create(body('x', {messages: [...user('Hello'), {role: 'assistant', content: whole.content}, ...user('Go on')]}))
    check.ok(textOf(back))
  })

  test('the cache is what was marked', async () => {
    const system = [{type: 'text', text: 'A long text that is worth keeping, said twice. '.repeat(4), cache_control: {type: 'ephemeral'}}]
    const first = (await broken.messages.create(body('Hello', {system}))).usage
    const second = (await broken.messages.create(body('Again', {system}))).usage
    check.ok(first.cache_creation_input_tokens > 0 && first.cache_read_input_tokens === 0)
    check.equal(first.cache_creation.ephemeral_5m_input_tokens, first.cache_creation_input_tokens)
    check.equal(second.cache_read_input_tokens, first.cache_creation_input_tokens)
    check.equal(second.cache_creation_input_tokens, 0)
  })

  test('two calls at once, streamed too', async () => {
    const ask = body('both cities', {tools})
    for (const reply of [await broken.messages.create(ask), await broken.messages.stream(ask).finalMessage()])
      check.deepEqual(reply.content.filter((block) => block.type === 'tool_use').map((block) => block.input.city), ['Oslo', 'Bergen'])
    const single = await broken.messages.create({...ask, tool_choice: {type: 'auto', disable_parallel_tool_use: true}})
    check.equal(single.content.filter((block) => block.type === 'tool_use').length, 1)
  })

  test('a refusal', async () => {
    for (const reply of [await broken.messages.create(body('unwilling')), await broken.messages.stream(body('unwilling')).finalMessage()]) {
      check.equal(reply.stop_reason, 'refusal')
      check.deepEqual(reply.content, [])
      check.deepEqual(reply.stop_details, {type: 'refusal', category: null, explanation: 'I would rather not.'})
    }
  })

  test('fifty streams at once', async () => {
    const texts = await Promise.all(Array.from({length: 50}, () => broken.messages.stream(body('Hello')).finalText()))
    check.equal(new Set(texts).size, 1)
  })

  test('an overloaded server', async () => {
    const patient = broken.withOptions({maxRetries: 2})
    check.ok((await patient.messages.create(body('overloaded'))).id)
    await check.rejects(broken.messages.create(body('overloaded', {system: 's'})),
      (error) => error instanceof Anthropic.OverloadedError && error.type === 'overloaded_error' && error.status === 529)
    await check.rejects(broken.messages.stream(body('overload later')).finalMessage(),
      (error) => error instanceof Anthropic.APIError && error.type === 'overloaded_error')
    check.ok((await patient.messages.create(body('no headers'))).id)
  })

  test('broken replies and streams are noticed', async () => {
    for (const text of ['no end', 'half a character', 'lost connection'])
      await check.rejects(broken.messages.stream(body(text)).finalMessage(), Anthropic.AnthropicError, text)
    await check.rejects(broken.messages.create(body('half a body')))
    await check.rejects(broken.messages.create(body('gateway')), (error) => error.status === 502 && error.type === null)
  })

  test('unusual frames are the same stream', async () => {
    for (const kind of ['split', 'join', 'crlf']) {
      const text = await broken.messages.stream(body(`frames ${kind}`)).finalText()
      check.match(text, /Größe and 漢字/)
    }
  })
})

describe('models', () => {
  test('pages, and one alone', async () => {
    const all = await collect(plain.models.list())
    check.ok(all.length === 2 && all.every((one) => one.type === 'model' && one.id.startsWith('claude-')))
    check.deepEqual((await collect(plain.models.list({limit: 1}))).map((one) => one.id), all.map((one) => one.id))
    const page = await plain.models.list({limit: 1})
    check.ok(page.has_more && page.first_id === all[0].id && page.last_id === all[0].id)
    check.equal((await page.getNextPage()).data[0].id, all[1].id)
    const back = await collect(plain.models.list({limit: 1, before_id: all[1].id}))
    check.deepEqual(back.map((one) => one.id), [all[0].id])
    check.equal((await plain.models.retrieve(all[0].id)).id, all[0].id)
  })
})
