// What a reader does with a page: reads the verdict, filters, sorts, opens a failure and its trace.
import {after, before, test} from 'node:test'
import assert from 'node:assert/strict'
import {open, pages, start, stop, texts} from './browser.mjs'

before(start)
after(stop)

const rows = (page) => texts(page, '#grid tbody th')

async function choose(page, id, value) {
  await page.select(`#${id}`, value)
}

test('the verdict is seen at once, in any width and scheme, and nothing is fetched', async () => {
  for (const [width, height, scheme] of [[1280, 900, 'light'], [1280, 900, 'dark'], [390, 844, 'light']]) {
    const {page, trouble} = await open('support', {width, height, scheme})
    for (const selector of ['h1', '.notice', '.verdict', '.answers']) {
      const box = await (await page.$(selector)).boundingBox()
      assert.ok(box.y + box.height < height && box.x >= 0 && box.x + box.width <= width + 1, `${selector} at ${width}`)
    }
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `no sideways scroll at ${width}`)
    if (process.env.KEEP) await page.screenshot({path: `${pages}/${scheme}-${width}.png`})
    assert.deepEqual(trouble, [])
    await page.close()
  }
})

test('filters', async () => {
  const {page, trouble} = await open('support')
  const all = await rows(page)
  assert.equal(all.length, 94)
  await choose(page, 'filter', 'failing')
  const failing = await rows(page)
  assert.ok(failing.length > 0 && failing.length < all.length)
  for (const row of await texts(page, '#grid tbody tr')) assert.match(row, /[✗!T]/)
  assert.match((await texts(page, '#grid-count'))[0], new RegExp(`^${failing.length} of 94 samples`))
  await choose(page, 'filter-variant', '0')
  const generic = await rows(page)
  assert.ok(generic.length > 0 && generic.length < failing.length)
  await choose(page, 'filter', 'flips')
  await choose(page, 'filter-variant', '')
  for (const row of await texts(page, '#grid tbody tr')) assert.match(row, /gained|lost/)
  await choose(page, 'filter', 'right')
  for (const row of await texts(page, '#grid tbody tr')) assert.doesNotMatch(row, /[✗!T]/)
  await choose(page, 'filter', 'all')
  await page.type('#filter-text', 'q0')
  for (const name of await rows(page)) assert.match(name, /q0/)
  await page.$eval('#filter-text', (field) => { field.value = 'nothing is called so'; field.dispatchEvent(new Event('input')) })
  assert.deepEqual(await rows(page), [])
  assert.deepEqual(trouble, [])
})

test('sorts by a variant, by name and by failures', async () => {
  const {page, trouble} = await open('support')
  const right = (text) => [...text].filter((c) => c === '✓').length
  await page.click('#grid thead th:nth-child(2) button')
  assert.equal(await page.$eval('#grid thead th:nth-child(2)', (th) => th.getAttribute('aria-sort')), 'ascending')
  let cells = (await texts(page, '#grid tbody td:nth-child(2) button')).map(right)
  assert.deepEqual(cells, [...cells].sort((a, b) => a - b))
  assert.ok(cells[0] < cells.at(-1))
  await page.click('#grid thead th:nth-child(2) button')
  assert.equal(await page.$eval('#grid thead th:nth-child(2)', (th) => th.getAttribute('aria-sort')), 'descending')
  cells = (await texts(page, '#grid tbody td:nth-child(2) button')).map(right)
  assert.deepEqual(cells, [...cells].sort((a, b) => b - a))
  await choose(page, 'sort', 'wrong')
  const wrong = (await texts(page, '#grid tbody tr')).map((row) => [...row].filter((c) => '✗!T'.includes(c)).length)
  assert.deepEqual(wrong, [...wrong].sort((a, b) => b - a))
  await page.click('#grid thead th:nth-child(1) button')
  const names = await rows(page)
  assert.deepEqual(names, [...names].sort())
  assert.deepEqual(trouble, [])
})

test('opens a failing sample and its trace, goes to the next one and comes back', async () => {
  const {page, trouble} = await open('support')
  await choose(page, 'filter', 'failing')
  await page.click('#grid tbody button.none, #grid tbody button.mixed, #grid tbody button.fault')
  await page.waitForSelector('#cell[open]')
  const name = (await texts(page, '#cell-name'))[0]
  assert.match(name, /^(generic|by_model|by_keywords)\/q\d+\/\d$/)
  const body = (await texts(page, '#cell-body'))[0]
  for (const part of ['Scores', 'Steps', 'Calls, prompts and replies', 'reply', 'expected', 'latency'])
    assert.ok(body.includes(part), part)
  assert.ok((await page.$$('#cell-body .bars rect.seg-first')).length > 0, 'a waterfall')
  assert.ok((await texts(page, '#cell-body pre')).some((text) => text.length > 20), 'texts')
  if (process.env.KEEP) await page.screenshot({path: `${pages}/trace.png`})
  await page.click('#cell-after')
  await page.waitForFunction((before) => document.getElementById('cell-name').textContent !== before, {}, name)
  assert.match(await page.evaluate(() => location.hash), /^#cell\/\d+\/\d+\/\d+$/)
  await page.keyboard.press('Escape')
  await page.waitForSelector('#cell:not([open])')
  assert.equal(await page.evaluate(() => location.hash), '')
  assert.equal(await page.evaluate(() => document.activeElement.classList.contains('cell')), true, 'focus is back')
  assert.deepEqual(trouble, [])
})

test('a failure of the table and a flip lead to traces; a link opens one', async () => {
  const {page, trouble} = await open('support')
  await page.click('#failures tbody a')
  await page.waitForSelector('#cell[open]')
  await page.click('#cell-close')
  await page.waitForSelector('#cell:not([open])')
  await page.click('#samples a[href^="#flip/"]')
  await page.waitForSelector('#cell[open] .side-by-side')
  assert.equal((await page.$$('#cell-body > .side-by-side > div')).length, 2)
  await page.close()
  const linked = await open('faults', {hash: '#cell/0/0/1'})
  await linked.page.waitForSelector('#cell[open]')
  assert.match((await texts(linked.page, '#cell-name'))[0], /^single\//)
  assert.deepEqual([...trouble, ...linked.trouble], [])
})

test('the keyboard alone is enough', async () => {
  const {page, trouble} = await open('support')
  await page.focus('#grid tbody tr:first-child td:nth-child(2) button')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowRight')
  assert.deepEqual(await page.evaluate(() => {
    const cell = document.activeElement.closest('td')
    return [cell.parentElement.rowIndex, cell.cellIndex]
  }), [2, 2])
  await page.keyboard.press('Enter')
  await page.waitForSelector('#cell[open]')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'cell-close')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#cell:not([open])')
  assert.deepEqual(trouble, [])
})

test('the essentials are there without scripts', async () => {
  const {page} = await open('support', {script: false})
  const text = await page.$eval('body', (body) => body.innerText)
  for (const part of ['is more accurate than every other variant', 'Choose', 'How sure', 'At what price', 'Failures first',
    'need JavaScript', 'Steps and blame', 'Methods and definitions'])
    assert.ok(text.includes(part), part)
  assert.equal(await page.$eval('#grid', (grid) => grid.offsetParent === null), true, 'no empty grid')
  assert.ok((await page.$$('#failures tbody tr')).length > 5)
})

test('prints', async () => {
  const {page, trouble} = await open('support', {width: 720, scheme: 'dark'})
  await page.emulateMediaType('print')
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)')
  assert.equal(await page.$eval('nav', (nav) => getComputedStyle(nav).display), 'none')
  assert.ok((await page.pdf({format: 'A4'})).length > 20000)
  if (process.env.KEEP) await page.screenshot({path: `${pages}/print.png`})
  assert.deepEqual(trouble, [])
})

test('ten thousand cells stay usable', async (t) => {
  const {page, trouble} = await open('many')
  assert.match((await texts(page, '#grid-count'))[0], /^2500 of 2500 samples/)
  assert.equal((await rows(page)).length, 100)
  const began = performance.now()
  await choose(page, 'filter', 'failing')
  assert.match((await texts(page, '#grid-count'))[0], /^357 of 2500/)
  await page.click('#grid thead th:nth-child(2) button')
  await page.click('#page-on')
  assert.match((await texts(page, '#page-where'))[0], /^page 2 of 4/)
  t.diagnostic(`said: filter, sort and turn a page of 10,000 cells: ${Math.round(performance.now() - began)} ms`)
  await page.click('#grid tbody button.none')
  await page.waitForSelector('#cell[open]')
  assert.deepEqual(trouble, [])
})
