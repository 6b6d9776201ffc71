/* SPDX-License-Identifier: GPL-3.0-or-later */
// yaml-language-server on a pipe: what VS Code's YAML extension, Neovim and Helix start for a YAML file.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import {pathToFileURL} from 'node:url'

const patience = 20000 // ms, until it has looked at a file

function programPath() {
  const require = createRequire(import.meta.url)
  const package_ = require.resolve('yaml-language-server/package.json')
  return join(dirname(package_), require(package_).bin['yaml-language-server'])
}

// Messages out of the stream: a header with the length, an empty line, JSON.
function reader(onMessage) {
  let bytes = Buffer.alloc(0)
  return data => {
    bytes = Buffer.concat([bytes, data])
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/Content-Length: (\d+)/i.exec(bytes.subarray(0, end))[1])
      if (bytes.length < end + 4 + length) return
      const message = JSON.parse(bytes.subarray(end + 4, end + 4 + length))
      bytes = bytes.subarray(end + 4 + length)
      onMessage(message)
    }
  }
}

// Resolves to {open, complete, hover, stop}. `open` gives what it says of a file's text: [{line,
// column, message}], both from 1. No schema is taken from anywhere but the first line.
export async function startLanguageServer() {
  const child = spawn(process.execPath, [programPath(), '--stdio'], {stdio: ['pipe', 'pipe', 'inherit']})
  const answers = new Map(), looks = new Map()
  let last = 0
  const send = message => {
    const bytes = Buffer.from(JSON.stringify({jsonrpc: '2.0', ...message}))
    child.stdin.write(`Content-Length: ${bytes.length}\r\n\r\n`)
    child.stdin.write(bytes)
  }
  const ask = (method, params) =>
    new Promise(resolve => {
      answers.set(++last, resolve)
      send({id: last, method, params})
    })
  child.stdout.on('data', reader(message => {
    if (message.method === 'textDocument/publishDiagnostics')
      looks.get(message.params.uri)?.(message.params.diagnostics)
    else if (message.method && message.id !== undefined)
      send({id: message.id, result: message.method === 'workspace/configuration'
        ? message.params.items.map(() => null) : null})
    else if (answers.has(message.id)) answers.get(message.id)(message.result)
  }))
  await ask('initialize', {processId: process.pid, rootUri: null, capabilities: {
    textDocument: {completion: {completionItem: {}}}, workspace: {configuration: true}}})
  send({method: 'initialized', params: {}})
  send({method: 'workspace/didChangeConfiguration', params: {settings: {yaml: {
    validate: true, completion: true, hover: true, schemaStore: {enable: false}}}}})
  const at = (path, line, column) => ({textDocument: {uri: pathToFileURL(path).href},
    position: {line: line - 1, character: column - 1}})
  return {
    open: (path, text) => new Promise((resolve, reject) => {
      const uri = pathToFileURL(path).href
      const timer = setTimeout(() => reject(new Error(`nothing was said of ${path}`)), patience)
      looks.set(uri, found => {
        clearTimeout(timer)
        looks.delete(uri)
        resolve(found.map(({range, message}) =>
          ({line: range.start.line + 1, column: range.start.character + 1, message})))
      })
      send({method: 'textDocument/didOpen', params: {textDocument: {uri, languageId: 'yaml', version: 1, text}}})
    }),
    complete: async (path, line, column) => {
      const found = await ask('textDocument/completion', at(path, line, column))
      return (found?.items ?? found ?? []).map(item => item.label)
    },
    hover: async (path, line, column) =>
      (await ask('textDocument/hover', at(path, line, column)))?.contents?.value ?? '',
    stop: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
