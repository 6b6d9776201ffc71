/* SPDX-License-Identifier: GPL-3.0-or-later */
// Files that tests look at: those of folders that weir makes, and the mistakes of tests/data/mistakes.
import {readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'

// FOLDER/*/*.yaml
export const yamlFiles = folder =>
  readdirSync(folder, {withFileTypes: true})
    .filter(entry => entry.isDirectory())
    .flatMap(entry => readdirSync(join(folder, entry.name)).map(name => join(folder, entry.name, name)))
    .filter(path => path.endsWith('.yaml'))

const folder = new URL('../data/mistakes/', import.meta.url)

export const mistakes = readFileSync(new URL('mistakes.tsv', folder), 'utf8')
  .split('\n')
  .filter(line => line && !line.startsWith('#'))
  .map(row => {
    const [file, place, seenBy] = row.split('\t')
    return {file, line: Number(place.split(':')[0]), isMock: file.startsWith('mock-'),
      bySchema: seenBy === 'schema', text: readFileSync(new URL(file, folder), 'utf8')}
  })
