/* SPDX-License-Identifier: GPL-3.0-or-later */
// One weir-mock for a file of tests, and checks that are counted.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import assert from 'node:assert/strict'
import {createInterface} from 'node:readline'
import {fileURLToPath} from 'node:url'

export const withConfig = ['--config', fileURLToPath(new URL('mock.yaml', import.meta.url))]

// Starts the server on a port that the kernel picks; resolves to {url, stop, journal}.
export async function startMock(args = withConfig) {
  const program = process.env.WEIR_MOCK
  assert.ok(program, 'WEIR_MOCK names the program under test')
  const child = spawn(program, ['--port', '0', ...args], {stdio: ['ignore', 'pipe', 'inherit']})
  const lines = createInterface({input: child.stdout})
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => assert.fail(`weir-mock ended at once, exit code ${code}`)),
  ])
  const url = JSON.parse(line).listening
  return {
    url,
    journal: async () => (await fetch(`${url}/mock/journal`)).json(),
    stop: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

let checks = 0
process.on('exit', () => console.log(`checks: ${checks}`))

// assert/strict, counted.
export const check = new Proxy(assert, {
  get: (target, name) => (...args) => {
    checks++
    return target[name](...args)
  },
})

// What a stream gave, as a list.
export async function collect(stream) {
  const all = []
  for await (const one of stream) all.push(one)
  return all
}
