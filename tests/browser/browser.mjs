// A headless browser for a file of tests: one page a test, and all that it says, asks for or runs.
import puppeteer from 'puppeteer-core'
import {readFileSync} from 'node:fs'

export const pages = process.env.PAGES
const axe = readFileSync(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
let browser

export async function start() {
  browser = await puppeteer.launch({executablePath: process.env.BROWSER, headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']})
}

export const stop = () => browser.close()

// {page, trouble}: trouble grows by a line for each message, error, dialog or request to elsewhere.
export async function open(name, {width = 1280, height = 900, scheme = 'light', hash = '', script = true, policy = true} = {}) {
  const page = await browser.newPage()
  const trouble = []
  page.on('console', (message) => trouble.push(`console: ${message.text()}`))
  page.on('pageerror', (error) => trouble.push(`error: ${error.message}`))
  page.on('dialog', (dialog) => { trouble.push('dialog'); dialog.dismiss() })
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) trouble.push(`request: ${request.url()}`)
  })
  await page.setViewport({width, height})
  await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}])
  await page.setJavaScriptEnabled(script)
  await page.setBypassCSP(!policy)
  if (script) await page.exposeFunction('weirHit', () => trouble.push('a script of the run’s text ran'))
  await page.goto(`file://${pages}/${name}.html${hash}`)
  return {page, trouble}
}

// What axe-core finds, a line each.
export async function faults(page) {
  await page.evaluate(axe)
  const {violations} = await page.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}))
  return violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => n.html.slice(0, 100)).slice(0, 3).join(' | ')}`)
}

export const texts = (page, selector) => page.$$eval(selector, (all) => all.map((e) => e.textContent))
