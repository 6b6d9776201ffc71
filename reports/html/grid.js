// The grid of samples by variants: filtered, sorted, a page of rows at a time, so that ten thousand
// cells cost no more than a hundred. A cell opens its trace.
'use strict'
const grid = (() => {
  const {data, marks, failed, make, marksOf} = report
  const PAGE = 100
  const SIGNS_MAX = 8 // trials that are drawn one by one
  const table = document.getElementById('grid')
  const field = (id) => document.getElementById(id)
  const order = data.order
  const flips = new Map()
  for (const [sample, variant, baseline, gained] of data.flips)
    flips.set(`${sample}/${variant}`, {baseline, gained})

  let shown = [] // rows after filter and sort
  let page = 0
  let sort = {by: 'file', variant: -1, down: false}

  // ---- what a row is ----

  const count = (text, letters) => [...text].filter((mark) => letters.includes(mark)).length
  const share = (row, variant) => {
    const own = marksOf(row, variant)
    const scored = count(own, 'pfet')
    return scored ? count(own, 'p') / scored : 2
  }
  const isFlip = (row, variant) => flips.has(`${row[0]}/${variant}`)

  const tests = {
    all: () => true,
    failing: (text) => [...text].some(failed),
    faults: (text) => count(text, 'et') > 0,
    mixed: (text) => count(text, 'p') > 0 && [...text].some(failed),
    unscored: (text) => count(text, 'usn') > 0,
    right: (text) => count(text, 'p') === text.length,
  }

  function fits(row, filter, variant) {
    const variants = variant === '' ? order : [Number(variant)]
    if (filter === 'flips') return variants.some((v) => isFlip(row, v))
    if (filter === 'right') return variants.every((v) => tests.right(marksOf(row, v)))
    return variants.some((v) => tests[filter](marksOf(row, v)))
  }

  const byId = new Intl.Collator('en', {numeric: true})
  function compare(a, b) {
    let result = 0
    if (sort.by === 'id') result = byId.compare(a[1], b[1])
    else if (sort.by === 'wrong') result = count(b[2], 'fet') - count(a[2], 'fet')
    else if (sort.by === 'variant') result = share(a, sort.variant) - share(b, sort.variant)
    return (sort.down ? -result : result) || a[0] - b[0]
  }

  // ---- drawing ----

  function signs(own) {
    if (own.length <= SIGNS_MAX)
      return [...own].map((mark) => make('span', {class: `mark-${mark}`}, marks[mark][1]))
    const faults = count(own, 'et')
    const text = `${count(own, 'p')}/${count(own, 'pfet')}`
    return [make('span', {}, text), faults ? make('span', {class: 'mark-e'}, ` ${faults}!`) : '']
  }

  function look(own) {
    if (count(own, 'et')) return 'fault'
    if (count(own, 'f') === 0) return ''
    return count(own, 'p') ? 'mixed' : 'none'
  }

  function words(own) {
    const parts = []
    for (const [mark, [name]] of Object.entries(marks)) {
      const number = count(own, mark)
      if (number) parts.push(own.length === 1 ? name : `${number} ${name}`)
    }
    return parts.join(', ')
  }

  // The trial to open: the first that failed and is kept, else the first kept, else the first.
  function trialOf(row, variant) {
    const own = [...marksOf(row, variant)]
    const kept = own.map((mark, i) => [mark, i + 1])
      .filter(([, trial]) => report.trace(variant, row[0], trial))
    const wanted = kept.find(([mark]) => failed(mark)) ?? kept[0]
    return wanted ? wanted[1] : Math.max(1, own.findIndex(failed) + 1)
  }

  function cell(row, variant) {
    const own = marksOf(row, variant)
    const flip = flips.get(`${row[0]}/${variant}`)
    const turn = flip ? (flip.gained ? 'gained' : 'lost') : ''
    const name = `${data.variants[variant].name}, ${row[1]}: ${words(own)}${turn ? `, ${turn}` : ''}`
    const button = make('button', {type: 'button', class: `cell ${look(own)}`, 'aria-label': name}, ...signs(own))
    button.addEventListener('click', () => {
      location.hash = `cell/${variant}/${row[0]}/${trialOf(row, variant)}`
    })
    const mark = turn ? make('span', {class: `turn ${turn}`, 'aria-hidden': 'true'},
      turn === 'gained' ? '▲ gained' : '▼ lost') : ''
    return make('td', {}, button, mark)
  }

  function sorter(label, by, variant) {
    const active = sort.by === by && (by !== 'variant' || sort.variant === variant)
    const button = make('button', {type: 'button', class: 'sort'}, label, active ? (sort.down ? ' ↓' : ' ↑') : '')
    button.addEventListener('click', () => {
      sort = {by, variant, down: active && !sort.down}
      field('sort').value = by === 'variant' ? '' : by
      page = 0
      update()
      table.querySelectorAll('thead button')[by === 'variant' ? order.indexOf(variant) + 1 : 0].focus()
    })
    const state = active ? (sort.down ? 'descending' : 'ascending') : undefined
    return make('th', {scope: 'col', 'aria-sort': state}, button)
  }

  function update() {
    const filter = field('filter').value
    const variant = field('filter-variant').value
    const wanted = field('filter-text').value.trim().toLowerCase()
    shown = data.samples.filter((row) => (!wanted || row[1].toLowerCase().includes(wanted)) && fits(row, filter, variant))
    shown.sort(compare)
    const pages = Math.max(1, Math.ceil(shown.length / PAGE))
    page = Math.min(page, pages - 1)
    const heads = [sorter('Sample', 'id', -1), ...order.map((v) => sorter(data.variants[v].name, 'variant', v))]
    table.tHead.replaceChildren(make('tr', {}, ...heads))
    const rows = shown.slice(page * PAGE, (page + 1) * PAGE).map((row) =>
      make('tr', {}, make('th', {scope: 'row'}, make('bdi', {}, row[1])), ...order.map((v) => cell(row, v))))
    table.tBodies[0].replaceChildren(...rows)
    const out = data.samples_left_out
      ? `; ${data.samples_left_out} samples without a failure are left out of this page` : ''
    field('grid-count').textContent = `${shown.length} of ${data.samples.length} samples${out}.`
    field('page-where').textContent = `page ${page + 1} of ${pages}`
    field('page-back').disabled = page === 0
    field('page-on').disabled = page + 1 >= pages
    field('page-back').parentElement.hidden = pages === 1
  }

  // ---- keys ----

  // Arrows lead from cell to cell, as in any grid.
  function arrows(event) {
    const button = event.target.closest('button.cell')
    if (!button || !event.key.startsWith('Arrow')) return
    const row = button.closest('tr')
    const column = button.closest('td').cellIndex
    const to = {
      ArrowLeft: row.cells[column - 1],
      ArrowRight: row.cells[column + 1],
      ArrowUp: row.previousElementSibling?.cells[column],
      ArrowDown: row.nextElementSibling?.cells[column],
    }[event.key]
    const next = to?.querySelector('button.cell')
    if (!next) return
    event.preventDefault()
    next.focus()
  }

  function start() {
    for (const v of order)
      field('filter-variant').append(make('option', {value: String(v)}, data.variants[v].name))
    for (const [name, sign] of Object.values(marks))
      field('grid-key').append(make('li', {}, `${sign} ${name}`))
    field('grid-key').append(make('li', {}, '▲ gained, ▼ lost against the baseline'))
    for (const id of ['filter', 'filter-variant', 'filter-text'])
      field(id).addEventListener('input', () => { page = 0; update() })
    field('sort').addEventListener('input', () => {
      sort = {by: field('sort').value, variant: -1, down: false}
      page = 0
      update()
    })
    field('page-back').addEventListener('click', () => { page--; update() })
    field('page-on').addEventListener('click', () => { page++; update() })
    table.addEventListener('keydown', arrows)
    update()
  }

  return {start}
})()
