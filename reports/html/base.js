// The page's data, read once, and small tools for making elements. Everything that comes from a run
// is set as text (textContent), never as markup.
'use strict'
const report = (() => {
  const block = document.getElementById('data')
  const data = JSON.parse(block.textContent)
  const traces = new Map(data.traces.map((trace) => [`${trace.v}/${trace.s}/${trace.t}`, trace]))
  const rows = new Map(data.samples.map((row) => [row[0], row]))

  // What each mark of a cell is called and how it is drawn: never by colour alone.
  const marks = {
    p: ['right', '✓'],
    f: ['wrong', '✗'],
    e: ['error', '!'],
    t: ['timeout', 'T'],
    u: ['unscored', '?'],
    s: ['skipped', '–'],
    n: ['no result', '·'],
  }
  const failed = (mark) => mark === 'f' || mark === 'e' || mark === 't'

  // make('td', {class: 'number'}, 'text', node, ...)
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes ?? {}))
      if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value)
    element.append(...children.filter((child) => child !== undefined && child !== ''))
    return element
  }

  function draw(tag, attributes, ...children) {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
    element.append(...children)
    return element
  }

  // The marks of one variant on one sample, a character a trial.
  const marksOf = (row, variant) => row[2].slice(variant * data.trials, (variant + 1) * data.trials)
  const text = (place) => (place >= 0 ? data.texts[place] : '')
  const trace = (variant, sample, trial) => traces.get(`${variant}/${sample}/${trial}`)
  const sampleName = (sample) => rows.get(sample)?.[1] ?? `sample ${sample + 1}`
  const cellName = (variant, sample, trial) =>
    `${data.variants[variant].name}/${sampleName(sample)}/${trial}`

  return {data, marks, failed, make, draw, marksOf, text, trace, rows, sampleName, cellName}
})()
