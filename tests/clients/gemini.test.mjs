/* SPDX-License-Identifier: GPL-3.0-or-later */
// Google's own client drives weir-mock: contents, streams, tools, counts, embeddings, models.
import {after, before, describe, test} from 'node:test'
import {
  ApiError, FinishReason, FunctionCallingConfigMode, GoogleGenAI, ThinkingLevel, Type,
} from '@google/genai'
import {check, collect, startMock} from './mock.mjs'

let mock, bare, client, plain
const model = 'gemini-3.8-flash'
const weather = {
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: {
    type: Type.OBJECT,
    properties: {
      city: {type: Type.STRING},
      unit: {type: Type.STRING, format: 'enum', enum: ['celsius', 'fahrenheit']},
    },
    required: ['city', 'unit'],
  },
}
const person = {
  type: Type.OBJECT,
  properties: {
    name: {type: Type.STRING},
    age: {type: Type.INTEGER, minimum: 0, maximum: 150},
    tags: {type: Type.ARRAY, minItems: '1', items: {type: Type.STRING, enum: ['a', 'b', 'c']}},
    note: {type: Type.STRING, nullable: true},
  },
  required: ['name', 'age', 'tags', 'note'],
  propertyOrdering: ['tags', 'name', 'age', 'note'],
}

const at = (url, options = {}) => new GoogleGenAI({apiKey: 'k', httpOptions: {baseUrl: url, ...options}})

before(async () => {
  mock = await startMock()
  bare = await startMock([])
  client = at(mock.url)
  plain = at(bare.url)
})
after(async () => {
  await mock.stop()
  await bare.stop()
})

function checkPerson(text) {
  const value = JSON.parse(text)
  check.equal(typeof value.name, 'string')
  check.ok(Number.isInteger(value.age) && value.age >= 0 && value.age <= 150)
  check.ok(value.tags.length > 0 && value.tags.every((tag) => ['a', 'b', 'c'].includes(tag)))
  check.ok(value.note === null || typeof value.note === 'string')
  check.deepEqual(Object.keys(value), ['tags', 'name', 'age', 'note'])
}

// The promise is refused as this client tells it; its message is the body.
async function refused(promise, status, word) {
  const error = await promise.then(() => check.fail('it was not refused'), (one) => one)
  check.ok(error instanceof ApiError)
  check.equal(error.status, status)
  const body = JSON.parse(error.message)
  check.equal(body.error.code, status)
  check.equal(body.error.status, word)
  return body.error
}

describe('generateContent', () => {
  test('a reply without configuration', async () => {
    const reply = await plain.models.generateContent({model, contents: 'Hello'})
    check.ok(reply.text.length > 0)
    check.equal(reply.candidates[0].finishReason, FinishReason.STOP)
    check.equal(reply.candidates[0].content.role, 'model')
    check.equal(reply.modelVersion, model)
    check.ok(reply.responseId.length > 10)
    const usage = reply.usageMetadata
    check.equal(usage.totalTokenCount, usage.promptTokenCount + usage.candidatesTokenCount)
    check.equal(usage.promptTokensDetails[0].modality, 'TEXT')
  })

  test('all versions and kinds of keys', async () => {
    for (const apiVersion of ['v1', 'v1alpha', 'v1beta'])
      check.ok((await at(bare.url, {apiVersion}).models.generateContent({model, contents: 'Hi'})).text)
  })

  test('a stream brings what the whole reply does', async () => {
    const headers = {'Idempotency-Key': 'story-1', 'X-Weir-Attempt': '1'}
    const body = {model, contents: 'Tell me a story', config: {seed: 3, httpOptions: {headers}}}
    const whole = await client.models.generateContent(body)
    const chunks = await collect(await client.models.generateContentStream(body))
    check.equal(chunks.map((chunk) => chunk.text ?? '').join(''), whole.text)
    check.ok(chunks.length > 10)
    check.ok(chunks.every((chunk) => chunk.responseId === whole.responseId))
    check.ok(chunks.every((chunk) => chunk.usageMetadata.promptTokenCount > 0))
    check.deepEqual(chunks.at(-1).usageMetadata, whole.usageMetadata)
    check.ok(chunks.slice(0, -1).every((chunk) => !chunk.candidates[0].finishReason))
    check.equal(chunks.at(-1).candidates[0].finishReason, FinishReason.STOP)
  })

  test('system instruction, history, images', async () => {
    const reply = await plain.models.generateContent({
      model,
      contents: [
        {role: 'user', parts: [{text: 'What is this?'}, {inlineData: {mimeType: 'image/png', data: 'iVBORw=='}}]},
        {role: 'model', parts: [{text: 'A picture.'}]},
        {role: 'user', parts: [{text: 'And now?'}]},
      ],
      config: {systemInstruction: 'Be brief.', temperature: 0.2, topP: 0.9, topK: 20},
    })
    check.ok(reply.text.length > 0)
  })

  test('a chat keeps its turns', async () => {
    const chat = client.chats.create({model})
    check.match((await chat.sendMessage({message: 'Tell me a story'})).text, /^Once upon a time/)
    const chunks = await collect(await chat.sendMessageStream({message: 'Another story'}))
    check.match(chunks.map((chunk) => chunk.text ?? '').join(''), /^Once upon a time/)
    check.equal(chat.getHistory().length >= 4, true)
  })

  test('stop, candidates and the limit of tokens', async () => {
    const ask = (config) => client.models.generateContent({model, contents: 'A story', config})
    const stopped = await ask({stopSequences: ['STOP']})
    check.ok(!stopped.text.includes('STOP'))
    check.equal(stopped.candidates[0].finishReason, FinishReason.STOP)
    const short = await ask({maxOutputTokens: 5})
    check.equal(short.candidates[0].finishReason, FinishReason.MAX_TOKENS)
    check.equal(short.usageMetadata.candidatesTokenCount, 5)
    const three = await plain.models.generateContent({model, contents: 'Hi', config: {candidateCount: 3}})
    check.deepEqual(three.candidates.map((candidate) => candidate.index), [0, 1, 2])
    check.equal(new Set(three.candidates.map((one) => one.content.parts[0].text)).size, 3)
  })

  test('log-probabilities', async () => {
    const reply = await plain.models.generateContent(
      {model, contents: 'Hi', config: {responseLogprobs: true, logprobs: 3}})
    const {logprobsResult, avgLogprobs} = reply.candidates[0]
    check.equal(logprobsResult.chosenCandidates.map((one) => one.token).join(''), reply.text)
    check.ok(logprobsResult.topCandidates.every((top) => top.candidates.length === 3))
    check.ok(avgLogprobs < 0)
  })

  test('thinking is taken', async () => {
    for (const thinkingConfig of [{thinkingBudget: 0}, {thinkingLevel: ThinkingLevel.LOW, includeThoughts: true}])
      check.ok((await plain.models.generateContent({model, contents: 'Hi', config: {thinkingConfig}})).text)
  })

  test('structured output conforms, streamed or not', async () => {
    const config = {responseMimeType: 'application/json', responseSchema: person}
    checkPerson((await plain.models.generateContent({model, contents: 'Who?', config})).text)
    const chunks = await collect(await plain.models.generateContentStream({model, contents: 'Who?', config}))
    checkPerson(chunks.map((chunk) => chunk.text ?? '').join(''))
    const responseJsonSchema = {type: 'object', properties: {n: {type: 'integer'}}, required: ['n']}
    const other = await plain.models.generateContent(
      {model, contents: 'How many?', config: {responseMimeType: 'application/json', responseJsonSchema}})
    check.ok(Number.isInteger(JSON.parse(other.text).n))
    const word = await plain.models.generateContent({
      model, contents: 'Which?',
      config: {responseMimeType: 'text/x.enum', responseSchema: {type: Type.STRING, enum: ['red', 'blue']}},
    })
    check.ok(['red', 'blue'].includes(word.text))
  })

  test('tools: asked for, answered, streamed', async () => {
    const config = {tools: [{functionDeclarations: [weather]}]}
    const question = {role: 'user', parts: [{text: 'What is the weather in Oslo?'}]}
    const first = await client.models.generateContent({model, contents: [question], config})
    check.equal(first.candidates[0].finishReason, FinishReason.STOP)
    const [call] = first.functionCalls
    check.deepEqual(call.args, {city: 'Oslo', unit: 'celsius'})
    const answer = {functionResponse: {id: call.id, name: call.name, response: {c: 4}}}
    const contents = [question, first.candidates[0].content, {role: 'user', parts: [answer]}]
    const second = await client.models.generateContent({model, contents, config})
    check.equal(second.text, 'It is 4 degrees in Oslo.')
    const chunks = await collect(await client.models.generateContentStream({model, contents: [question], config}))
    check.deepEqual(chunks.flatMap((chunk) => chunk.functionCalls ?? []).map((one) => one.args), [call.args])
    const forced = await plain.models.generateContent({
      model, contents: 'Anything',
      config: {...config, toolConfig: {functionCallingConfig:
        {mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['get_weather']}}},
    })
    check.equal(forced.functionCalls[0].name, 'get_weather')
    check.ok(['celsius', 'fahrenheit'].includes(forced.functionCalls[0].args.unit))
  })

  test('tools that the client calls itself', async () => {
    const seen = []
    const tool = {
      tool: async () => ({functionDeclarations: [weather]}),
      callTool: async (calls) => {
        seen.push(...calls.map((call) => call.args))
        return calls.map(({id, name}) => ({functionResponse: {id, name, response: {c: 4}}}))
      },
    }
    const reply = await client.models.generateContent(
      {model, contents: 'What is the weather in Oslo?', config: {tools: [tool]}})
    check.deepEqual(seen, [{city: 'Oslo', unit: 'celsius'}])
    check.equal(reply.text, 'It is 4 degrees in Oslo.')
    check.equal(reply.automaticFunctionCallingHistory.length, 3)
  })
})

describe('countTokens and embeddings', () => {
  test('a count is what is billed', async () => {
    const contents = 'How long is a piece of string?'
    const {totalTokens} = await plain.models.countTokens({model, contents})
    const reply = await plain.models.generateContent({model, contents})
    check.equal(totalTokens, reply.usageMetadata.promptTokenCount)
  })

  test('vectors', async () => {
    const length = (vector) => Math.hypot(...vector)
    const embed = (contents, config) =>
      plain.models.embedContent({model: 'gemini-embedding-001', contents, config})
    const whole = await embed('one text')
    check.equal(whole.embeddings[0].values.length, 3072)
    check.ok(Math.abs(length(whole.embeddings[0].values) - 1) < 1e-5)
    const two = await embed(['one text', 'another text'],
      {outputDimensionality: 64, taskType: 'RETRIEVAL_DOCUMENT'})
    check.deepEqual(two.embeddings.map((one) => one.values.length), [64, 64])
    check.ok(two.embeddings.every((one) => Math.abs(length(one.values) - 1) < 1e-5))
    const again = await embed('one text', {outputDimensionality: 64})
    check.deepEqual(again.embeddings[0].values, two.embeddings[0].values)
  })
})

describe('models', () => {
  test('one, and all by pages', async () => {
    const one = await plain.models.get({model})
    check.equal(one.name, `models/${model}`)
    check.ok(one.supportedActions.includes('generateContent') && one.inputTokenLimit > 0)
    const names = (await collect(await plain.models.list({config: {pageSize: 1}}))).map((each) => each.name)
    check.ok(names.length >= 2 && new Set(names).size === names.length)
    const pager = await plain.models.list({config: {pageSize: 1}})
    check.equal(pager.page.length, 1)
    check.ok(pager.hasNextPage())
  })
})

describe('errors', () => {
  const ask = (contents, options = {}, config) =>
    at(mock.url, options).models.generateContent({model, contents, config})

  test('requests that are wrong', async () => {
    check.match((await refused(ask([{role: 'user', parts: []}]), 400, 'INVALID_ARGUMENT')).message, /contents\[0\]\.parts/)
    await refused(ask('Hi', {}, {temperature: 3}), 400, 'INVALID_ARGUMENT')
    await refused(ask([{role: 'system', parts: [{text: 'Hi'}]}]), 400, 'INVALID_ARGUMENT')
    const unknown = await refused(
      ask('Hi', {extraBody: {generationConfig: {nonsense: 1}}}), 400, 'INVALID_ARGUMENT')
    check.match(unknown.details[0].fieldViolations[0].description, /Unknown name "nonsense" at 'generation_config'/)
    const bad = new GoogleGenAI({apiKey: 'not a key', httpOptions: {baseUrl: mock.url}})
    const key = await refused(bad.models.generateContent({model, contents: 'Hi'}), 400, 'INVALID_ARGUMENT')
    check.equal(key.details[0].reason, 'API_KEY_INVALID')
  })

  test('limits and quotas tell in the body how long to wait', async () => {
    const busy = await refused(ask('busy 1'), 429, 'RESOURCE_EXHAUSTED')
    const details = Object.fromEntries(busy.details.map((one) => [one['@type'].split('.').at(-1), one]))
    check.match(details.QuotaFailure.violations[0].quotaId, /PerMinute/)
    check.match(details.RetryInfo.retryDelay, /^[0-9.]+s$/)
    const money = await refused(ask('no money'), 429, 'RESOURCE_EXHAUSTED')
    check.match(money.details[0].violations[0].quotaId, /PerDay/)
  })

  test('the client tries again when told to', async () => {
    const retryOptions = {attempts: 3, initialDelay: 0.01, maxDelay: 0.02}
    check.ok((await ask('busy 2', {retryOptions})).text)
    check.ok((await ask('broken 2', {retryOptions})).text)
    await refused(ask('broken 3'), 500, 'INTERNAL') // by default it does not
    await refused(ask('busy 3', {retryOptions: {...retryOptions, attempts: 2}}), 429, 'RESOURCE_EXHAUSTED')
  })

  test('before a stream and in its midst', async () => {
    const stream = (contents) => client.models.generateContentStream({model, contents})
    await refused(stream('busy 4'), 429, 'RESOURCE_EXHAUSTED')
    const texts = []
    const error = await (async () => {
      for await (const chunk of await stream('mid-stream')) texts.push(chunk.text)
    })().then(() => check.fail('it ended well'), (one) => one)
    check.ok(error instanceof ApiError)
    check.equal(error.status, 500)
    check.match(error.message, /INTERNAL/)
    check.ok(texts.length <= 3)
  })
})
