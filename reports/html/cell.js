// One cell, or two side by side: what it answered, how it was scored, its steps and calls with a
// waterfall, and the texts. The figures are written by weir; here they are only put in their places.
'use strict'
const traces = (() => {
  const {data, marks, failed, make, draw, text, trace, marksOf, rows} = report
  const dialog = document.getElementById('cell')
  const body = document.getElementById('cell-body')
  const title = document.getElementById('cell-name')
  const failures = data.traces.filter((t) => failed(markOf(t)))
  const WIDTH = 1000
  const LEGEND = {permit: 'permit wait', backoff: 'backoff', connect: 'connect', first: 'to the first byte or token',
    tokens: 'the reply', program: 'program'}
  let opener = null

  function markOf(t) {
    const row = rows.get(t.s)
    return row ? marksOf(row, t.v)[t.t - 1] : {ok: 'p', error: 'e', timeout: 't'}[t.status] ?? 'u'
  }

  // ---- parts ----

  function facts(list) {
    const parts = list.map(([label, value]) =>
      make('div', {}, make('dt', {}, label), make('dd', {}, make('bdi', {}, value))))
    return make('dl', {class: 'figures'}, ...parts)
  }

  function line(list) {
    return list.map(([label, value]) => `${label} ${value}`).join(' · ')
  }

  function texts(label, value) {
    if (!value) return []
    return [make('p', {class: 'label'}, label), make('pre', {class: 'text', tabindex: '0', 'aria-label': label}, value)]
  }

  function fold(label, open, ...children) {
    return make('details', {open}, make('summary', {}, label), ...children)
  }

  function badge(mark) {
    const kind = mark === 'p' ? 'good' : mark === 'f' ? 'bad' : mark === 'e' || mark === 't' ? 'fault' : ''
    return make('span', {class: `badge ${kind}`}, `${marks[mark][1]} ${marks[mark][0]}`)
  }

  // ---- the waterfall ----

  // `parts`: kind, start and length in microseconds, again and again.
  function bars(t, parts, hull) {
    const svg = draw('svg', {class: 'bars', viewBox: `0 0 ${WIDTH} 18`, preserveAspectRatio: 'none', 'aria-hidden': 'true'})
    const x = (us) => (us / t.span) * WIDTH
    svg.append(draw('line', {x1: 0, x2: WIDTH, y1: 17.5, y2: 17.5, stroke: 'var(--line)', 'vector-effect': 'non-scaling-stroke'}))
    if (hull?.length)
      svg.append(draw('rect', {class: 'seg-hull', x: x(hull[0]), y: 6, width: Math.max(x(hull[1]), 2), height: 6,
        'vector-effect': 'non-scaling-stroke'}))
    for (let i = 0; i < parts.length; i += 3)
      svg.append(draw('rect', {class: `seg-${data.segments[parts[i]]}`, x: x(parts[i + 1]), y: 3,
        width: Math.max(x(parts[i + 2]), 2), height: 12}))
    return svg
  }

  function callRow(t, call, label, depth) {
    const name = make('span', {class: 'quiet'}, label)
    const path = make('th', {scope: 'row', class: 'path'}, name)
    path.style.paddingLeft = `${depth * 0.9}rem`
    const outcome = call.outcome === 'ok' ? '' : call.outcome
    const took = call.facts.find(([fact]) => fact === 'took')?.[1] ?? ''
    return make('tr', {}, path, make('td', {class: 'quiet'}, outcome), make('td', {class: 'number'}, took),
      make('td', {}, bars(t, call.bar)))
  }

  function stepRow(t, step, calls) {
    const short = step.path === '' || step.path === '.' ? '(whole workflow)' : step.path
    const path = make('th', {scope: 'row', class: 'path'}, make('bdi', {}, short), ' ',
      make('span', {class: 'quiet small'}, step.pattern))
    path.style.paddingLeft = `${step.depth * 0.9}rem`
    const own = calls.length === 1 ? calls[0].bar : []
    const parts = [...own, ...step.programs]
    const outcome = step.outcome === 'ok' ? '' : make('span', {class: 'badge fault'}, step.outcome)
    return make('tr', {}, path, make('td', {}, outcome), make('td', {class: 'number'}, step.time),
      make('td', {}, bars(t, parts, parts.length ? [] : step.hull)))
  }

  function legend(t) {
    const used = new Set()
    const collect = (parts) => { for (let i = 0; i < parts.length; i += 3) used.add(data.segments[parts[i]]) }
    t.calls.forEach((call) => collect(call.bar))
    t.steps.forEach((step) => collect(step.programs))
    const items = Object.keys(LEGEND).filter((kind) => used.has(kind)).map((kind) => {
      const chip = draw('svg', {class: 'chip', viewBox: '0 0 14 10', 'aria-hidden': 'true'},
        draw('rect', {class: `seg-${kind}`, width: 14, height: 10}))
      return make('li', {}, chip, LEGEND[kind])
    })
    return make('ul', {class: 'key'}, ...items)
  }

  function waterfall(t) {
    const body = make('tbody', {})
    t.steps.forEach((step, number) => {
      const calls = t.calls.filter((call) => call.step === number)
      body.append(stepRow(t, step, calls))
      if (calls.length > 1)
        calls.forEach((call, i) => body.append(callRow(t, call, `call ${i + 1}, ${call.model}`, step.depth + 1)))
    })
    t.calls.filter((call) => call.step < 0).forEach((call) =>
      body.append(callRow(t, call, `${call.role} ${call.path}, ${call.model}`, 0)))
    const head = make('thead', {}, make('tr', {}, make('th', {scope: 'col', class: 'path'}, 'Step'),
      make('th', {scope: 'col', class: 'short'}, 'Outcome'), make('th', {scope: 'col', class: 'number short'}, 'Took'),
      make('th', {scope: 'col'}, `By the clock, 0 to ${t.span_text}`)))
    return [make('h3', {}, 'Steps'), legend(t),
      make('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `Table: steps of ${data.variants[t.v].name}`},
        make('table', {class: 'trace'}, head, body))]
  }

  // ---- texts ----

  function attempts(call) {
    if (call.attempts.length < 2 && call.outcome === 'ok') {
      const only = call.attempts[0]
      return only ? [make('p', {class: 'quiet small'}, line(only.facts))] : []
    }
    const items = call.attempts.map((attempt) => make('li', {},
      `${attempt.outcome}: ${line(attempt.facts)}`, attempt.message ? make('bdi', {class: 'quiet'}, ` ${attempt.message}`) : ''))
    return [make('p', {class: 'label'}, 'Attempts'), make('ol', {class: 'small'}, ...items)]
  }

  function turns(call) {
    const out = []
    for (let i = 0; i < (call.asks?.length ?? 0); i += 2) {
      const [role, place] = [call.asks[i], call.asks[i + 1]]
      if (role === 'settings' || role === 'system') out.push(fold(role, false, ...texts(role, text(place)).slice(1)))
      else out.push(...texts(role, text(place)))
    }
    return out
  }

  function callText(t, call, many) {
    const step = t.steps[call.step]
    const where = step ? (step.path === '' || step.path === '.' ? 'whole workflow' : step.path) : `${call.role} ${call.path}`
    const head = `${where} → ${call.model}${call.outcome === 'ok' ? '' : `: ${call.outcome}`}`
    return fold(head, !many || call.outcome !== 'ok', make('p', {class: 'quiet small'}, line(call.facts)),
      call.message ? make('p', {class: 'small'}, make('bdi', {}, call.message)) : '',
      ...attempts(call), ...turns(call), ...texts('reply', text(call.answer ?? -1)))
  }

  function calls(t) {
    if (t.calls.length === 0) return []
    const out = [make('h3', {}, 'Calls, prompts and replies')]
    if (!t.bodies)
      out.push(make('p', {class: 'note'}, data.texts_of === 'none'
        ? 'Texts are left out of this page (report.texts: none).'
        : 'Prompts and replies of cells that are right are left out of this page (report.texts: all keeps them).'))
    return [...out, ...t.calls.map((call) => callText(t, call, t.calls.length > 3))]
  }

  function values(t) {
    const own = t.steps.filter((step) => step.value >= 0 || step.note || step.why)
    if (own.length === 0) return []
    const items = own.map((step) => fold(step.path === '' || step.path === '.' ? '(whole workflow)' : step.path, Boolean(step.why),
      step.why ? make('p', {}, make('bdi', {}, step.why)) : '', ...texts('note', step.note), ...texts('value', text(step.value ?? -1))))
    return [make('h3', {}, 'What each step gave'), ...items]
  }

  function scores(t) {
    if (t.scores.length === 0) return []
    const lines = t.scores.map((score) => make('tr', {},
      make('th', {scope: 'row'}, make('bdi', {}, score.name), score.step ? make('span', {class: 'quiet small'}, ` of ${score.step}`) : ''),
      make('td', {}, make('span', {class: `badge ${score.verdict === 'passed' ? 'good' : score.verdict === 'failed' ? 'bad' : ''}`}, score.verdict)),
      make('td', {class: 'number'}, score.value), make('td', {}, score.counts ? 'counts' : 'recorded only'),
      make('td', {}, make('bdi', {}, score.reason))))
    const heads = ['Score', 'Verdict', 'Value', 'Weight', 'Reason'].map((head) =>
      make('th', {scope: 'col', class: head === 'Value' ? 'number' : undefined}, head))
    return [make('h3', {}, 'Scores'), make('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `Table: scores of ${data.variants[t.v].name}`},
      make('table', {}, make('thead', {}, make('tr', {}, ...heads)), make('tbody', {}, ...lines)))]
  }

  function programs(t) {
    if (t.programs.length === 0) return []
    return [make('h3', {}, 'Programs'), make('ul', {class: 'plain'}, ...t.programs.map((program) =>
      make('li', {}, make('bdi', {}, `${program.path}: ${program.program}, ${program.outcome}, ${program.time}`),
        program.reason ? make('span', {class: 'quiet'}, ` ${program.reason}`) : '')))]
  }

  // ---- a cell ----

  function trials(v, s, t) {
    const row = rows.get(s)
    if (!row || data.trials < 2 || data.trials > 60) return []
    const links = [...marksOf(row, v)].map((mark, i) => {
      const here = i + 1 === t
      const link = make('a', {href: `#cell/${v}/${s}/${i + 1}`, 'aria-current': here ? 'true' : undefined,
        class: here ? 'badge' : ''}, `${i + 1} ${marks[mark][1]}`)
      link.setAttribute('aria-label', `trial ${i + 1}, ${marks[mark][0]}`)
      return link
    })
    return [make('p', {class: 'small'}, 'Trials: ', ...links.flatMap((link) => [link, ' '])), ...others(v, s)]
  }

  function others(v, s) {
    const row = rows.get(s)
    if (!row || data.variants.length < 2) return []
    const links = data.order.filter((other) => other !== v).map((other) =>
      make('a', {href: `#flip/${other}/${v}/${s}`}, `beside ${data.variants[other].name}`))
    return [make('p', {class: 'small'}, ...links.slice(0, 8).flatMap((link) => [link, ' ']))]
  }

  function missing(v, s, t) {
    return [make('p', {}, 'This cell is not kept in the page: failures and flips come first, and there is a limit to its size.'),
      make('p', {}, 'Its trace is in the run’s file: '),
      make('pre', {class: 'text', tabindex: '0'}, `weir show ${data.run} '${report.cellName(v, s, t)}'`)]
  }

  function content(v, s, t, beside) {
    const cell = trace(v, s, t)
    if (!cell) return missing(v, s, t)
    const why = [cell.status === 'ok' ? '' : cell.status, cell.reason, cell.failed && cell.failed !== '.' ? `at ${cell.failed}` : '', cell.message]
      .filter(Boolean).join(' · ')
    const answer = texts('answer', text(cell.output ?? -1))
    const expected = beside ? [] : texts('expected', text(cell.expected ?? -1))
    const both = answer.length && expected.length
      ? [make('div', {class: 'side-by-side'}, make('div', {}, ...answer), make('div', {}, ...expected))]
      : [...answer, ...expected]
    return [make('p', {}, badge(markOf(cell)), ' ', make('bdi', {}, why)), ...(beside ? [] : trials(v, s, t)),
      ...scores(cell), make('h3', {}, 'Answer'), facts(cell.facts), ...both, ...waterfall(cell), ...values(cell),
      ...calls(cell), ...programs(cell),
      cell.left_out ? make('p', {class: 'note'}, `${cell.left_out} rows are left out.`) : '']
  }

  function show(name, ...children) {
    title.textContent = name
    body.replaceChildren(...children.filter((child) => child !== ''))
    if (!dialog.open) {
      opener = document.activeElement
      dialog.showModal()
    }
    dialog.scrollTop = 0
  }

  // The trial of a variant that shows best what it does with the sample.
  function best(v, s) {
    const row = rows.get(s)
    const own = row ? [...marksOf(row, v)] : []
    const right = own.filter((mark) => mark === 'p').length * 2 > own.length
    const wanted = own.findIndex((mark, i) => (right ? mark === 'p' : failed(mark)) && trace(v, s, i + 1))
    return wanted >= 0 ? wanted + 1 : Math.max(own.findIndex((_, i) => trace(v, s, i + 1)), 0) + 1
  }

  function open() {
    const [kind, ...numbers] = location.hash.slice(1).split('/')
    const [a, b, c] = numbers.map(Number)
    if (kind === 'cell' && data.variants[a] && numbers.length === 3) {
      show(report.cellName(a, b, c), ...content(a, b, c, false))
    } else if (kind === 'flip' && data.variants[a] && data.variants[b] && numbers.length === 3) {
      const side = (v) => make('div', {}, make('h3', {}, data.variants[v].name), ...content(v, c, best(v, c), true).filter((e) => e !== ''))
      const either = trace(a, c, best(a, c)) ?? trace(b, c, best(b, c))
      show(`${report.sampleName(c)}: ${data.variants[a].name} and ${data.variants[b].name}`,
        ...texts('expected', text(either?.expected ?? -1)), make('div', {class: 'side-by-side'}, side(a), side(b)))
    } else if (dialog.open) {
      dialog.close()
    }
  }

  function step(by) {
    if (failures.length === 0) return
    const here = location.hash
    const at = failures.findIndex((t) => here === `#cell/${t.v}/${t.s}/${t.t}`)
    const next = failures[(at + by + failures.length) % failures.length]
    location.hash = `cell/${next.v}/${next.s}/${next.t}`
  }

  function start() {
    document.getElementById('cell-before').addEventListener('click', () => step(-1))
    document.getElementById('cell-after').addEventListener('click', () => step(1))
    document.getElementById('cell-before').hidden = failures.length === 0
    document.getElementById('cell-after').hidden = failures.length === 0
    document.getElementById('cell-close').addEventListener('click', () => dialog.close())
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close() })
    dialog.addEventListener('close', () => {
      if (/^#(cell|flip)\//.test(location.hash)) history.replaceState(null, '', location.pathname + location.search)
      opener?.focus()
    })
    window.addEventListener('hashchange', open)
    open()
  }

  return {start}
})()
