import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@millrace/sdk'
import { type DemoEvent, readInput } from './input.ts'
import { publishAll } from './publisher.ts'
import { ReceiptBook } from './receipts.ts'
import { Receiver } from './receiver.ts'
import { accountFor, type RuleResult, resultTable } from './report.ts'
import { deadLetterRule, demoRules, ruleSpec } from './rules.ts'
import { ServerProcess } from '../process/index.ts'

const rounds = 20
/** How long the dying target stays away, in milliseconds. */
const awayMs = 3_000
const drainWithinMs = 90_000

const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** Something that happened, on a line of its own even while a progress line stands. */
const note = (text: string): void => say(`${process.stdout.isTTY ? '\r\x1b[K' : ''}  ! ${text}`)

/** Writes a line over the last one in a terminal; elsewhere only now and then. */
function progressLine(total: number): (done: number) => void {
  let shown = 0
  return done => {
    const isDue = process.stdout.isTTY ? done - shown >= total / 100 : done - shown >= total / 5
    if (!isDue && done < total) return
    shown = done
    const line = `  ${String(Math.floor((100 * done) / total)).padStart(3)} %  ${done} of ${total} events accepted`
    process.stdout.write(process.stdout.isTTY ? `\r${line}${done === total ? '\n' : ''}` : `${line}\n`)
  }
}

/** The two ends deliveries go to: one stays, one goes away for a while. */
interface Ends {
  readonly staying: Receiver
  readonly dying: Receiver
  readonly book: ReceiptBook
}

async function wire(client: Client, { staying, dying }: Ends): Promise<void> {
  await client.buses.put('github', { dedupWindowMs: 3_600_000 })
  await client.buses.put('dead-letters', {})
  const relay = await readFile(join(import.meta.dirname, 'relay/index.mjs'))
  const code = await client.uploadCode(new Map([['index.mjs', relay]]))
  const environment = { RECEIVER_URL: staying.urlFor('pull-requests', 'function') }
  await client.functions.put('relay', { code, environment, timeoutMs: 10_000, concurrencyPerInstance: 20 })
  await client.rules('dead-letters').put('collect', deadLetterRule(staying.urlFor('dead-letters', 'steady')))
  for (const rule of demoRules) {
    const end = rule.behaviour === 'dying' ? dying : staying
    await client.rules('github').put(rule.name, ruleSpec(rule, end.urlFor(rule.name, rule.behaviour)))
  }
}

/** Kills and restarts the server once half of the events are accepted, and takes the dying target away at a quarter. */
function troubles(
  total: number,
  server: ServerProcess,
  dying: Receiver,
): (accepted: number) => Promise<void>[] {
  const started: Promise<void>[] = []
  return accepted => {
    if (started.length === 0 && accepted >= total / 4) {
      started.push(
        (async () => {
          await dying.close()
          note('the target of labelled-bug and by-repository is gone')
          await pause(awayMs)
          await dying.open()
          note('that target is back')
        })(),
      )
    }
    if (started.length === 1 && accepted >= total / 2) {
      started.push(
        (async () => {
          await server.kill()
          note('kill -9: the server is gone')
          const readyMs = await server.start()
          note(`the server serves again, ${readyMs.toFixed(0)} ms after its start`)
        })(),
      )
    }
    return started
  }
}

/** Resolves when no rule has anything pending; with false when that takes too long. */
async function drained(client: Client): Promise<boolean> {
  const deadlineMs = performance.now() + drainWithinMs
  while (performance.now() < deadlineMs) {
    let pending = 0
    for (const bus of ['github', 'dead-letters']) {
      const { lag } = (await client.buses.status(bus)) as { lag: number }
      pending += lag
      for await (const { name } of client.rules(bus).all()) {
        const { targets } = (await client.rules(bus).status(name)) as { targets: { pending: number }[] }
        pending += targets.reduce((sum, target) => sum + target.pending, 0)
      }
    }
    if (pending === 0) return true
    if (process.stdout.isTTY) process.stdout.write(`\r  ${pending} deliveries still pending   `)
    await pause(200)
  }
  return false
}

function verdict(
  results: readonly RuleResult[],
  events: readonly DemoEvent[],
  stored: number,
  isDrained: boolean,
): boolean {
  const problems: string[] = []
  if (!isDrained) problems.push(`deliveries were still pending after ${drainWithinMs / 1_000} s`)
  if (stored !== events.length) problems.push(`${stored} events are stored, ${events.length} were accepted`)
  for (const { rule, lost, strangers } of results) {
    if (lost > 0) problems.push(`${rule.name}: ${lost} events are unaccounted for`)
    if (strangers > 0) problems.push(`${rule.name}: ${strangers} events arrived that do not match`)
  }
  if (problems.length === 0) say('Every accepted event is accounted for: nothing was lost.')
  for (const problem of problems) say(`FAILED  ${problem}`)
  return problems.length === 0
}

async function main(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-demo-'))
  const startedAtMs = performance.now()
  const events = readInput(rounds)
  const publishedAtMs = new Map<string, number>()
  const book = new ReceiptBook()
  const ends: Ends = {
    book,
    staying: new Receiver(book, publishedAtMs),
    dying: new Receiver(book, publishedAtMs),
  }
  try {
    await ends.staying.open()
    await ends.dying.open()
    await using server = await ServerProcess.prepare(folder)
    say(
      `Millrace demo: ${events.length} GitHub webhook events, ${demoRules.length} rules, one bus, one function.`,
    )
    say(`  server ready after ${(await server.start()).toFixed(0)} ms at ${server.url}`)
    await wire(server.client(), ends)
    const isDrained = await run(server, ends, events, publishedAtMs)
    const { next } = (await server.client().buses.status('github')) as { next: number }
    const results = accountFor(events, book)
    say(`\n${resultTable(results)}`)
    say(`${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s in all`)
    return verdict(results, events, next - 1, isDrained)
  } finally {
    await ends.staying.close()
    await ends.dying.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function run(
  server: ServerProcess,
  ends: Ends,
  events: readonly DemoEvent[],
  publishedAtMs: Map<string, number>,
): Promise<boolean> {
  const startedAtMs = performance.now()
  const seconds = (): string => ((performance.now() - startedAtMs) / 1_000).toFixed(1)
  const progress = progressLine(events.length)
  const trouble = troubles(events.length, server, ends.dying)
  let started: Promise<void>[] = []
  const published = await publishAll(
    () => server.client(),
    events,
    publishedAtMs,
    accepted => {
      progress(accepted)
      started = trouble(accepted)
    },
  )
  say(
    `  published in ${seconds()} s; ${published.repeated} tries were needed again while the server was away`,
  )
  await Promise.all(started)
  const isDrained = await drained(server.client())
  const deliveries = demoRules.reduce((sum, rule) => sum + ends.book.of(rule.name).latenciesMs.length, 0)
  const rate = Math.round(deliveries / Number(seconds()))
  say(
    `${process.stdout.isTTY ? '\r\x1b[K' : ''}  ${deliveries} deliveries in ${seconds()} s, ${rate} a second, troubles included`,
  )
  return isDrained
}

process.exitCode = (await main()) ? 0 : 1
