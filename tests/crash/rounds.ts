import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@millrace/sdk'
import { ServerProcess } from '../../tools/process/index.ts'

export interface CrashReport {
  readonly rounds: number
  readonly acknowledged: number
  readonly unanswered: number
  readonly delivered: number
  readonly duplicates: number
  readonly problems: readonly string[]
}

const publishers = 4
const loadMsMin = 200
const loadMsMax = 1_500
const drainWithinMs = 60_000

/** What the receiving end took, by rule and event id. */
class Ledger {
  readonly acknowledged = new Map<string, number>()
  readonly arrived = new Map<string, Map<string, number>>()
  unanswered = 0

  arrive(rule: string, id: string): void {
    const ids = this.arrived.get(rule) ?? new Map<string, number>()
    this.arrived.set(rule, ids)
    ids.set(id, (ids.get(id) ?? 0) + 1)
  }
}

/** Kills the real server with SIGKILL under load, round after round, and then accounts for every acknowledged event. */
export async function crashRounds(
  rounds: number,
  seed: number,
  onRound: (round: number) => void,
): Promise<CrashReport> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-server-crash-'))
  const ledger = new Ledger()
  const receiver = await startReceiver(ledger)
  const random = generator(seed)
  try {
    await using server = await ServerProcess.prepare(folder)
    await server.start()
    await wire(server.client(), `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`)
    for (let round = 1; round <= rounds; round++) {
      const stop = new AbortController()
      const load = Promise.all(
        Array.from({ length: publishers }, (_, index) =>
          publish(server.client(), ledger, `${round}-${index}`, stop.signal),
        ),
      )
      await pause(loadMsMin + random() * (loadMsMax - loadMsMin))
      await server.kill()
      stop.abort()
      await load
      // Now and then it dies again while it starts.
      if (random() < 0.4) {
        const starting = server.start().catch(() => 0)
        await pause(random() * 500)
        await server.kill()
        await starting
      }
      await server.start()
      onRound(round)
    }
    const problems = await account(server.client(), ledger)
    let delivered = 0
    let duplicates = 0
    for (const ids of ledger.arrived.values()) {
      delivered += ids.size
      for (const count of ids.values()) duplicates += count - 1
    }
    return {
      rounds,
      acknowledged: ledger.acknowledged.size,
      unanswered: ledger.unanswered,
      delivered,
      duplicates,
      problems,
    }
  } finally {
    receiver.close()
    receiver.closeAllConnections()
    await rm(folder, { recursive: true, force: true })
  }
}

async function wire(client: Client, url: string): Promise<void> {
  await client.buses.put('load', {})
  await client.buses.put('letters', {})
  const retry = { strategy: 'CUSTOM' as const, retriesMax: 1_000, delayMsMin: 50, delayMsMax: 500 }
  const sink = (path: string) => ({ connector: 'http', options: { url: `${url}/${path}` } })
  await client.rules('load').put('all', { pattern: {}, targets: [{ id: 't', sink: sink('all'), retry }] })
  await client
    .rules('load')
    .put('ordered', {
      pattern: {},
      targets: [{ id: 't', sink: sink('ordered'), retry, orderBy: '$.data.key' }],
    })
  const once = { ...retry, retriesMax: 1 }
  await client.rules('load').put('broken', {
    pattern: {},
    targets: [{ id: 't', sink: sink('broken'), retry: once, deadLetter: { bus: 'letters' } }],
  })
  await client
    .rules('letters')
    .put('collect', { pattern: {}, targets: [{ id: 't', sink: sink('letters'), retry }] })
}

/** Publishes, singly and in batches, until the server is gone. */
async function publish(client: Client, ledger: Ledger, name: string, signal: AbortSignal): Promise<void> {
  for (let turn = 0; !signal.aborted; turn++) {
    const count = turn % 2 === 0 ? 1 : 20
    const events = Array.from({ length: count }, (_, index) => ({
      id: `${name}-${turn}-${index}`,
      source: '/crash',
      type: 'load',
      data: { key: `k${index % 5}`, text: 'x'.repeat(200) },
    }))
    try {
      const { outcomes } = await client.events.publishBatch('load', events)
      for (const outcome of outcomes)
        if ('position' in outcome) ledger.acknowledged.set(outcome.id, outcome.position)
    } catch {
      ledger.unanswered += count
      return
    }
  }
}

async function account(client: Client, ledger: Ledger): Promise<string[]> {
  const problems: string[] = []
  const stored = new Set<string>()
  const { next } = (await client.buses.status('load')) as { next: number }
  for (let from = 1; from < next; from += 500) {
    const { items } = await client.events.list('load', { from, limit: 500 })
    for (const { position, event } of items) {
      const id = String(event['id'])
      stored.add(id)
      const told = ledger.acknowledged.get(id)
      if (told !== undefined && told !== position)
        problems.push(`${id} was told ${told} and lies at ${position}`)
    }
  }
  for (const id of ledger.acknowledged.keys())
    if (!stored.has(id)) problems.push(`${id} was acknowledged and is not stored`)
  const deadline = performance.now() + drainWithinMs
  const missing = (rule: string): string[] =>
    [...stored].filter(id => ledger.arrived.get(rule)?.has(id) !== true)
  const rules = ['all', 'ordered', 'letters']
  while (rules.some(rule => missing(rule).length > 0) && performance.now() < deadline) await pause(100)
  for (const rule of rules) {
    const lost = missing(rule)
    if (lost.length > 0)
      problems.push(`${rule}: ${lost.length} stored events have not arrived, such as ${lost[0]}`)
  }
  return problems
}

async function startReceiver(ledger: Ledger): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const rule = (request.url ?? '/').slice(1)
      if (rule !== 'broken') ledger.arrive(rule, String(request.headers['millrace-event-id']))
      response.writeHead(rule === 'broken' ? 500 : 200).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
