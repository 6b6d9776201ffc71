/* SPDX-License-Identifier: GPL-3.0-or-later */
// What an editor makes of files that weir writes: yaml-language-server finds the schema by the first
// line, has nothing to say against them, marks mistakes, completes keys and explains them.
import {after, before, test} from 'node:test'
import {execFileSync} from 'node:child_process'
import assert from 'node:assert/strict'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {check} from './mock.mjs'
import {mistakes, yamlFiles} from './files.mjs'
import {startLanguageServer} from './languageserver.mjs'

let server, folder
const weir = (...args) => execFileSync(process.env.WEIR, args, {cwd: folder, stdio: 'pipe'})
const first = name => `# yaml-language-server: $schema=.schema/${name}.schema.json\n`

before(async () => {
  assert.ok(process.env.WEIR, 'WEIR names the program under test')
  folder = mkdtempSync(join(tmpdir(), 'weir-editor-'))
  writeFileSync(join(folder, 'rows.csv'), 'id,question,answer\na,What?,this\nb,Which?,that\n')
  writeFileSync(join(folder, 'promptfooconfig.yaml'), "prompts: ['Say {{word}}']\n" +
    'providers: [openai:gpt-6-luna]\ntests: [{vars: {word: yes}, assert: [{type: contains, value: yes}]}]\n')
  server = await startLanguageServer()
})
after(async () => {
  await server.stop()
  rmSync(folder, {recursive: true})
})

test('it has nothing to say against what weir writes', async () => {
  for (const entry of ['faq', 'sentiment', 'tickets', 'support-suite', 'research'])
    weir('init', entry, '--from', entry, '--quiet')
  weir('init', 'own', '--dataset', 'rows.csv', '--quiet')
  weir('import', 'promptfooconfig.yaml', 'imported')
  const files = yamlFiles(folder)
  check.ok(files.length >= 15)
  for (const file of files) check.deepEqual(await server.open(file, readFileSync(file, 'utf8')), [], file)
})

test('it marks mistakes, most of them in their line', async () => {
  let marked = 0, inLine = 0
  for (const {file, line, isMock, bySchema, text} of mistakes) {
    if (!bySchema) continue
    const path = join(folder, 'faq', `wrong-${file}`)
    const found = await server.open(path, first(isMock ? 'mock' : 'experiment') + text)
    check.notDeepEqual(found, [], file)
    marked++
    inLine += found.some(one => one.line === line + 1)
  }
  console.log(`# ${marked} mistakes marked, ${inLine} of them in the line that weir names`)
  check.ok(inLine >= 0.9 * marked)
})

const draft = first('experiment') + `dataset: documents.jsonl
variants:
  one:
    call:
      prompt: {user: hello}
      
    gate:
      - 
  two:
    map: {over: [1], each: {value: 1}, on_error: partial}
score:
  right: {min-words: 3}
`

test('it completes keys and checks, and explains them', async () => {
  const path = join(folder, 'faq', 'draft.yaml')
  await server.open(path, draft)
  const keys = await server.complete(path, 7, 7)
  for (const key of ['model', 'temperature', 'schema', 'tools', 'transform']) check.ok(keys.includes(key), key)
  const checks = await server.complete(path, 9, 9)
  for (const key of ['min-words', 'not-contains', 'regex', 'of']) check.ok(checks.includes(key), key)
  check.ok(!checks.includes('llm-rubric')) // it asks a model, which only a score may
  const words = await server.complete(path, 11, 50)
  for (const word of ['fail', 'partial']) check.ok(words.includes(word), word)
  check.match(await server.hover(path, 11, 42), /partial: a failed item is null/)
  check.match(await server.hover(path, 3, 3), /what is compared/)
})
