/* SPDX-License-Identifier: GPL-3.0-or-later */
// OpenAI's own client drives weir-mock: chat completions, responses, embeddings, models.
import {after, before, describe, test} from 'node:test'
import OpenAI from 'openai'
import {check, collect, startMock} from './mock.mjs'

let mock, bare, client, plain
const model = 'gpt-6-luna'
const user = (content) => [{role: 'user', content}]
const weather = {
  type: 'object',
  properties: {city: {type: 'string'}, unit: {type: 'string', enum: ['celsius', 'fahrenheit']}},
  required: ['city', 'unit'],
  additionalProperties: false,
}
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
  client = new OpenAI({apiKey: 'sk-test', baseURL: `${mock.url}/v1`})
  plain = new OpenAI({apiKey: 'sk-test', baseURL: `${bare.url}/v1`, maxRetries: 0})
})
after(async () => {
  await mock.stop()
  await bare.stop()
})

function checkPerson(text) {
  const value = JSON.parse(text)
  check.equal(typeof value.name, 'string')
  check.ok(Number.isInteger(value.age) && value.age >= 0 && value.age <= 150)
  check.ok(value.tags.every((tag) => ['a', 'b', 'c'].includes(tag)))
}

describe('chat completions', () => {
  test('a reply without configuration', async () => {
    const reply = await plain.chat.completions.create({model, messages: user('Hello')})
    check.match(reply.id, /^chatcmpl-/)
    check.equal(reply.object, 'chat.completion')
    check.equal(reply.choices[0].finish_reason, 'stop')
    check.ok(reply.choices[0].message.content.length > 0)
    check.equal(reply.usage.total_tokens, reply.usage.prompt_tokens + reply.usage.completion_tokens)
    check.match(reply._request_id, /^req_/)
  })

  test('a stream brings what the whole reply does', async () => {
    const body = {model, messages: user('Tell me a story'), seed: 3}
    const headers = {'Idempotency-Key': 'story-1', 'X-Weir-Attempt': '1'}
    const whole = await client.chat.completions.create(body, {headers})
    const chunks = await collect(
      await client.chat.completions.create(
        {...body, stream: true, stream_options: {include_usage: true}}, {headers}))
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
    check.equal(text, whole.choices[0].message.content)
    check.equal(chunks[0].choices[0].delta.role, 'assistant')
    check.equal(chunks.at(-1).choices.length, 0)
    check.deepEqual(chunks.at(-1).usage, whole.usage)
    check.equal(chunks.at(-2).choices[0].finish_reason, 'stop')
    check.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null))
    check.ok(chunks.every((chunk) => chunk.id === whole.id))
    check.ok(chunks.length > 10)
  })

  test('the stream helper puts a stream together', async () => {
    const stream = client.chat.completions.stream({model, messages: user('Tell me a story')})
    let seen = ''
    stream.on('content', (delta) => (seen += delta))
    check.equal(await stream.finalContent(), seen)
    check.match(seen, /^Once upon a time/)
  })

  test('stop, n and the limit of tokens', async () => {
    const stopped = await client.chat.completions.create({model, messages: user('A story'), stop: ['STOP']})
    check.ok(!stopped.choices[0].message.content.includes('STOP'))
    check.equal(stopped.choices[0].finish_reason, 'stop')
    const short = await client.chat.completions.create({model, messages: user('A story'), max_completion_tokens: 5})
    check.equal(short.choices[0].finish_reason, 'length')
    check.equal(short.usage.completion_tokens, 5)
    const three = await plain.chat.completions.create({model, messages: user('Hello'), n: 3})
    check.deepEqual(three.choices.map((choice) => choice.index), [0, 1, 2])
    check.equal(new Set(three.choices.map((choice) => choice.message.content)).size, 3)
  })

  test('several choices in one stream', async () => {
    const chunks = await collect(
      await plain.chat.completions.create({model, messages: user('Hello'), n: 2, stream: true}))
    const texts = ['', '']
    for (const chunk of chunks)
      for (const choice of chunk.choices) texts[choice.index] += choice.delta.content ?? ''
    check.ok(texts[0].length > 0 && texts[1].length > 0)
    check.equal(chunks.filter((chunk) => chunk.choices[0]?.finish_reason === 'stop').length, 2)
  })

  test('log-probabilities', async () => {
    const reply = await plain.chat.completions.create(
      {model, messages: user('Hello'), logprobs: true, top_logprobs: 3})
    const {content} = reply.choices[0].logprobs
    check.equal(content.map((token) => token.token).join(''), reply.choices[0].message.content)
    check.ok(content.every((token) => token.logprob <= 0 && token.top_logprobs.length === 3))
  })

  test('structured output conforms, streamed or not', async () => {
    const response_format = {type: 'json_schema', json_schema: {name: 'person', strict: true, schema: person}}
    const reply = await plain.chat.completions.parse({model, messages: user('Who?'), response_format})
    checkPerson(reply.choices[0].message.content)
    check.equal(reply.choices[0].message.parsed.name, JSON.parse(reply.choices[0].message.content).name)
    const stream = plain.chat.completions.stream({model, messages: user('Who?'), response_format})
    checkPerson(await stream.finalContent())
    const object = await plain.chat.completions.create(
      {model, messages: user('Answer in JSON'), response_format: {type: 'json_object'}})
    check.equal(typeof JSON.parse(object.choices[0].message.content), 'object')
  })

  test('tools: asked for, answered, streamed', async () => {
    const tools = [{type: 'function', function: {name: 'get_weather', parameters: weather}}]
    const messages = user('What is the weather in Oslo?')
    const first = await client.chat.completions.create({model, messages, tools})
    check.equal(first.choices[0].finish_reason, 'tool_calls')
    const [call] = first.choices[0].message.tool_calls
    check.match(call.id, /^call_/)
    check.deepEqual(JSON.parse(call.function.arguments), {city: 'Oslo', unit: 'celsius'})
    const second = await client.chat.completions.create({
      model, tools,
      messages: [...messages, first.choices[0].message, {role: 'tool', tool_call_id: call.id, content: '{"c":4}'}],
    })
    check.equal(second.choices[0].message.content, 'It is 4 degrees in Oslo.')
    const stream = client.chat.completions.stream({model, messages, tools})
    const last = await stream.finalMessage()
    check.deepEqual(JSON.parse(last.tool_calls[0].function.arguments), {city: 'Oslo', unit: 'celsius'})
    const chosen = await plain.chat.completions.create(
      {model, messages: user('Go'), tools, tool_choice: {type: 'function', function: {name: 'get_weather'}}})
    check.ok(['celsius', 'fahrenheit'].includes(
      JSON.parse(chosen.choices[0].message.tool_calls[0].function.arguments).unit))
  })

  test('the tool runner ends with the answer', async () => {
    let asked
    const runner = client.chat.completions.runTools({
      model,
      messages: user('What is the weather in Oslo?'),
      tools: [{type: 'function', function: {
        name: 'get_weather', description: 'The weather', parameters: weather, parse: JSON.parse,
        function: (args) => { asked = args; return '4' }}}],
    })
    check.equal(await runner.finalContent(), 'It is 4 degrees in Oslo.')
    check.deepEqual(asked, {city: 'Oslo', unit: 'celsius'})
  })

  test('retries until it succeeds', async () => {
    const reply = await client.chat.completions.create({model, messages: user('You are busy')})
    check.ok(reply.choices[0].message.content)
    const seen = (await mock.journal()).filter((entry) => entry.body.includes('You are busy'))
    check.deepEqual(seen.map((entry) => entry.status), [429, 429, 200])
    check.ok((await client.chat.completions.create({model, messages: user('broken once')})).id)
  })

  test('errors have the provider\'s classes', async () => {
    const once = {maxRetries: 0}
    await check.rejects(client.chat.completions.create({model, messages: user('no money')}, once),
      (error) => error instanceof OpenAI.RateLimitError && error.code === 'insufficient_quota')
    await check.rejects(client.chat.completions.create({model, messages: user('busy too')}, once),
      (error) => error instanceof OpenAI.RateLimitError && error.headers.get('retry-after-ms') !== null)
    await check.rejects(plain.chat.completions.create({model, messages: []}),
      (error) => error instanceof OpenAI.BadRequestError && error.param === 'messages')
    await check.rejects(plain.chat.completions.create({model, messages: user('x'), temperature: 3}),
      (error) => error.status === 400 && error.param === 'temperature')
    await check.rejects(plain.chat.completions.create({messages: user('x')}),
      (error) => error.status === 400 && error.param === 'model')
    await check.rejects(plain.get('/nothing/here'), OpenAI.NotFoundError)
    const nobody = new OpenAI(
      {apiKey: 'x', baseURL: `${bare.url}/v1`, maxRetries: 0, defaultHeaders: {Authorization: null}})
    await check.rejects(nobody.models.list(), OpenAI.AuthenticationError)
  })

  test('an error in mid-stream', async () => {
    await check.rejects(
      (async () => collect(await client.chat.completions.create(
        {model, messages: user('fail mid-stream'), stream: true})))(),
      OpenAI.APIError)
  })
})

describe('responses', () => {
  test('a reply and its stream', async () => {
    const body = {model, input: 'Tell me a story'}
    const whole = await client.responses.create(body)
    check.match(whole.id, /^resp_/)
    check.equal(whole.status, 'completed')
    check.match(whole.output_text, /^Once upon a time/)
    check.equal(whole.usage.total_tokens, whole.usage.input_tokens + whole.usage.output_tokens)
    const events = await collect(await client.responses.create({...body, stream: true}))
    check.equal(events[0].type, 'response.created')
    check.equal(events.at(-1).type, 'response.completed')
    check.deepEqual(events.map((event) => event.sequence_number), events.map((_, i) => i))
    const text = events.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join('')
    check.equal(text, whole.output_text)
    const final = await client.responses.stream(body).finalResponse()
    check.equal(final.output_text, whole.output_text)
  })

  test('the limit of tokens makes it incomplete', async () => {
    const reply = await client.responses.create({model, input: 'A long story', max_output_tokens: 16})
    check.equal(reply.status, 'incomplete')
    check.equal(reply.incomplete_details.reason, 'max_output_tokens')
  })

  test('structured output', async () => {
    const reply = await plain.responses.parse(
      {model, input: 'Who?', text: {format: {type: 'json_schema', name: 'person', strict: true, schema: person}}})
    checkPerson(reply.output_text)
  })

  test('tools and their results', async () => {
    const tools = [{type: 'function', name: 'get_weather', parameters: weather, strict: true}]
    const input = [{role: 'user', content: 'What is the weather in Oslo?'}]
    const first = await client.responses.create({model, input, tools})
    const call = first.output.find((item) => item.type === 'function_call')
    check.deepEqual(JSON.parse(call.arguments), {city: 'Oslo', unit: 'celsius'})
    const second = await client.responses.create({
      model, tools,
      input: [...input, ...first.output, {type: 'function_call_output', call_id: call.call_id, output: '4'}],
    })
    check.equal(second.output_text, 'It is 4 degrees in Oslo.')
    const streamed = await client.responses.stream({model, input, tools}).finalResponse()
    check.deepEqual(JSON.parse(streamed.output.find((item) => item.type === 'function_call').arguments),
      {city: 'Oslo', unit: 'celsius'})
  })

  test('errors', async () => {
    await check.rejects(plain.responses.create({input: 'x'}), OpenAI.BadRequestError)
    await check.rejects(plain.responses.create({model, input: 'x', temperature: 9}), OpenAI.BadRequestError)
  })
})

describe('embeddings and models', () => {
  test('unit vectors, in both encodings', async () => {
    const reply = await plain.embeddings.create({model: 'text-embedding-3-small', input: ['a red house', 'a red barn', 'quantum']})
    check.equal(reply.data.length, 3)
    const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0)
    const [house, barn, quantum] = reply.data.map((item) => item.embedding)
    for (const vector of [house, barn, quantum]) check.ok(Math.abs(dot(vector, vector) - 1) < 1e-3)
    check.ok(dot(house, barn) > dot(house, quantum))
    const floats = await plain.embeddings.create(
      {model: 'text-embedding-3-small', input: 'a red house', encoding_format: 'float'})
    check.ok(floats.data[0].embedding.every((x, i) => Math.abs(x - house[i]) < 1e-6))
    const small = await plain.embeddings.create({model: 'text-embedding-3-small', input: 'x', dimensions: 64})
    check.equal(small.data[0].embedding.length, 64)
  })

  test('the list of models', async () => {
    const models = await collect(plain.models.list())
    check.ok(models.length > 0 && models.every((one) => one.object === 'model'))
    check.equal((await plain.models.retrieve(models[0].id)).id, models[0].id)
  })
})
