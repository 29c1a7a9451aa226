/** The applications, one after the other: `npm run examples`, or some of them: `npm run examples -- audit shop`. */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { styleText } from 'node:util'
import type { Application, Result } from './application.ts'
import { startExampleServer } from './testing.ts'

/** An application that is not done by then has failed, in milliseconds. */
const applicationMsMax = 300_000
const prefix = 'app-'
/** What the applications leave to look at. */
const resultsFolder = join(import.meta.dirname, '.results')

const wanted = process.argv.slice(2)
const names = (await readdir(import.meta.dirname))
  .filter(name => name.startsWith(prefix))
  .map(name => name.slice(prefix.length))
  .toSorted()
const unknown = wanted.filter(name => !names.includes(name))
if (unknown.length > 0) {
  console.error(`there is no application ${unknown.join(', ')}; there are ${names.join(', ')}`)
  process.exit(2)
}
let failures = 0
let skipped = 0
for (const name of wanted.length === 0 ? names : wanted) {
  if (!(await runOne(name))) failures++
}
if (skipped > 0) console.log(`${skipped} skipped`)
process.exit(failures === 0 ? 0 : 1)

/** Runs one and prints a line of result; resolves with whether it did what it is for, or was skipped. */
async function runOne(name: string): Promise<boolean> {
  const path = join(import.meta.dirname, `${prefix}${name}`, 'app.ts')
  const { application } = (await import(path)) as { application: Application }
  console.log(`${styleText('bold', name)}  ${application.title}`)
  const needs = await application.needs?.()
  if (needs !== undefined) {
    skipped++
    console.log(`${styleText('yellow', '-')} ${name}  skipped: ${needs}\n`)
    return true
  }
  const startedMs = performance.now()
  try {
    const { headline, lines = [], files = [] } = await onStage(name, application)
    console.log(`${styleText('green', '✓')} ${name}  ${headline}  ${seconds(startedMs)}`)
    for (const line of lines) console.log(`    ${line}`)
    for (const file of files) console.log(styleText('dim', `    examples/.results/${name}/${file}`))
    return true
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    console.log(`${styleText('red', '✗')} ${name}  ${reason}  ${seconds(startedMs)}`)
    return false
  } finally {
    console.log('')
  }
}

async function onStage(name: string, application: Application): Promise<Result> {
  const folder = join(resultsFolder, name)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await using server = await startExampleServer({ files: folder })
  const signal = AbortSignal.timeout(applicationMsMax)
  const say = (line: string): void => console.log(styleText('dim', `  … ${line}`))
  return await application.run({ server, folder, signal, say })
}

function seconds(sinceMs: number): string {
  return styleText('dim', `${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`)
}
