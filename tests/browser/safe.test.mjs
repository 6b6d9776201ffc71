// What must not be: text of a run that runs, faults that shut people out, HTML that is none.
import {after, before, test} from 'node:test'
import assert from 'node:assert/strict'
import {execFileSync, spawnSync} from 'node:child_process'
import {statSync} from 'node:fs'
import {faults, open, pages, start, stop, texts} from './browser.mjs'

before(start)
after(stop)

const ALL = ['support', 'faults', 'hostile', 'many']
// Of the hostile runs too; without scripts of their own.
const PAPERS = ['history', 'forecast']

// With the page's policy and without: escaping alone must be enough.
for (const policy of [true, false])
  test(`hostile text in every field stays text, ${policy ? 'with' : 'without'} the page's policy`, async () => {
    const {page, trouble} = await open('hostile', {policy})
    const shown = await page.$eval('body', (body) => body.innerText)
    assert.ok(shown.includes('<script>weirHit()</script>'), 'it is shown')
    assert.equal(await page.$eval('h1', (h1) => h1.textContent), '</h1><script>weirHit()</script><h1 onclick="weirHit()">')
    assert.equal((await page.$$('h1')).length, 1)
    assert.equal((await page.$$('body script:not([id])')).length, 4)
    assert.equal((await page.$$('img, iframe, base, object, embed, link[rel=stylesheet]')).length, 0)
    const cells = await page.$$('#grid tbody button.cell')
    assert.equal(cells.length, 12)
    for (const cell of cells) { // every trace, with its prompts and replies
      await cell.click()
      await page.waitForSelector('#cell[open]')
      await page.$$eval('#cell details', (all) => all.forEach((fold) => { fold.open = true }))
      await page.$$eval('#cell-body *', (all) => all.forEach((e) => { e.dispatchEvent(new Event('mouseover')); e.dispatchEvent(new Event('load')) }))
      await page.click('#cell-close')
      await page.waitForSelector('#cell:not([open])')
    }
    await page.type('#filter-text', '<script>')
    assert.deepEqual(await texts(page, '#grid tbody th'), ['<script>weirHit()</script>'])
    assert.doesNotMatch(await page.content(), /[\u202a-\u202e\u2066-\u2069\u0007\u001b]/)
    assert.deepEqual(trouble, [])
  })

for (const name of PAPERS)
  test(`hostile text stays text in the ${name}, which has no script`, async () => {
    const {page, trouble} = await open(name, {policy: false})
    const shown = await page.$eval('body', (body) => body.innerText)
    assert.ok(shown.includes('<m onclick=weirHit()>') || shown.includes('plain'), 'names are shown')
    assert.equal((await page.$$('script, iframe, base, object, embed, link[rel=stylesheet], [onclick], [onmouseover]')).length, 0)
    assert.equal((await page.$$('h1')).length, 1)
    assert.ok((await page.$$('table tbody tr')).length > 0)
    await page.$$eval('body *', (all) => all.forEach((e) => { e.dispatchEvent(new Event('mouseover')); e.dispatchEvent(new Event('load')) }))
    assert.doesNotMatch(await page.content(), /[\u202a-\u202e\u2066-\u2069\u0007\u001b]/)
    assert.deepEqual(trouble, [])
  })

test('nobody is shut out: axe-core finds nothing, in light and dark, narrow and wide, with a trace and without', async () => {
  for (const name of ALL)
    for (const [scheme, width, hash] of [['light', 1280, ''], ['dark', 1280, ''], ['light', 390, ''], ['light', 1280, '#cell/0/0/1'],
      ['dark', 390, '#flip/0/1/0']]) {
      const {page} = await open(name, {scheme, width, hash, policy: false})
      assert.deepEqual(await faults(page), [], `${name}, ${scheme}, ${width}${hash}`)
      await page.close()
    }
  for (const name of PAPERS)
    for (const [scheme, width] of [['light', 1280], ['dark', 1280], ['light', 390], ['dark', 390]]) {
      const {page} = await open(name, {scheme, width, policy: false})
      assert.deepEqual(await faults(page), [], `${name}, ${scheme}, ${width}`)
      await page.close()
    }
})

const java = spawnSync('java', ['-version']).status === 0
test('the pages are HTML: the Nu validator finds no error', {skip: java ? false : 'java is not installed'}, () => {
  const jar = new URL('./node_modules/vnu-jar/build/dist/vnu.jar', import.meta.url).pathname
  // it knows no hashes in policies and takes every script for forbidden
  execFileSync('java', ['-jar', jar, '--errors-only', '--filterpattern', '.*Content Security Policy.*',
    ...[...ALL, ...PAPERS].map((name) => `${pages}/${name}.html`)], {stdio: 'inherit'})
})

test('no page is above its budget', (t) => {
  for (const name of ALL) {
    const {size} = statSync(`${pages}/${name}.html`)
    t.diagnostic(`said: ${name}.html has ${size} bytes`)
    assert.ok(size < 10e6, name)
  }
})
