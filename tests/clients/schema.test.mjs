/* SPDX-License-Identifier: GPL-3.0-or-later */
// Ajv, a validator that is not ours, with a YAML reader that is not ours: both schemas are JSON Schema
// 2020-12, take every file of the cookbook, and refuse what people get wrong.
import {test} from 'node:test'
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import Ajv from 'ajv/dist/2020.js'
import YAML from 'yaml'
import {check} from './mock.mjs'
import {mistakes, yamlFiles} from './files.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

function validator(name) {
  const ajv = new Ajv({allErrors: true, strict: true, strictTypes: false, strictRequired: false,
    keywords: ['patternErrorMessage']})
  return ajv.compile(JSON.parse(readFileSync(`${root}/docs/schema/${name}.schema.json`, 'utf8')))
}

const experiment = validator('experiment'), mock = validator('mock')

function said(validate, text) {
  validate(YAML.parse(text))
  return (validate.errors ?? []).map(error => `${error.instancePath} ${error.message}`)
}

test('every file of the cookbook is taken', () => {
  const files = yamlFiles(`${root}/fixtures`)
  check.ok(files.length >= 46)
  for (const file of files)
    check.deepEqual(said(file.endsWith('mock.yaml') ? mock : experiment, readFileSync(file, 'utf8')), [], file)
})

test('what people get wrong is refused', () => {
  for (const {file, isMock, bySchema, text} of mistakes)
    if (bySchema) check.notDeepEqual(said(isMock ? mock : experiment, text), [], file)
})
