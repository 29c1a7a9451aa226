/**
 * Measures the driver beside the barest thing that does the same work, in one run: `node storage/lmdb/bench/append.ts`.
 * Ratios mean something; absolute figures belong to the machine. `--seconds=N` sets the length of each measurement,
 * `--json` prints one line of JSON at the end.
 */
import { closeSync, fdatasync, openSync, rmSync, write } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import type { NewEntry, Storage } from '@millrace/spi'
import { open } from 'lmdb'
import { openStorage } from '../src/index.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
})
const lengthMs = Number(values.seconds) * 1_000
const roundsOfComparison = 10
const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
const results: Record<string, number> = {}
const payload = Buffer.alloc(400, 'x')
const hundred: NewEntry[] = Array.from({ length: 100 }, () => ({
  bytes: payload,
  acceptedAtMs: 1_764_000_000_000,
}))
const one: NewEntry[] = hundred.slice(0, 1)

/** Runs `step` in `callers` loops for the length of a measurement; returns steps a second. */
async function rate(
  callers: number,
  step: (caller: number) => Promise<unknown>,
  forMs = lengthMs,
): Promise<number> {
  const startMs = performance.now()
  let steps = 0
  const loop = async (caller: number): Promise<void> => {
    while (performance.now() - startMs < forMs) {
      await step(caller)
      steps += 1
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => loop(caller)))
  return (steps / (performance.now() - startMs)) * 1_000
}

function report(name: string, value: number, unit: string): void {
  results[name] = value
  const text = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(3)
  console.log(`${name.padEnd(58)} ${text.padStart(12)} ${unit}`)
}

/** A contender: `step` in `callers` loops; one step counts as `weight` events. */
interface Contender {
  readonly name: string
  readonly callers: number
  readonly weight: number
  readonly step: (caller: number) => Promise<unknown>
}

/**
 * Lets contenders take turns in short slices, because what a shared disk gives changes from second to second, and
 * reports the median of each with its ratio to the first one in the same round.
 */
async function compare(contenders: readonly Contender[], goal: string): Promise<void> {
  const rates = contenders.map((): number[] => [])
  for (let round = 0; round < roundsOfComparison; round++) {
    for (const [index, { callers, weight, step }] of contenders.entries()) {
      rates[index]?.push((await rate(callers, step, lengthMs / roundsOfComparison)) * weight)
    }
  }
  for (const [index, { name }] of contenders.entries()) {
    report(name, median(rates[index] ?? []), 'events/s')
    if (index === 0) continue
    const ratios = (rates[index] ?? []).map((each, round) => each / (rates[0]?.[round] ?? 1))
    report(`  ratio to the bare one${index === 1 ? goal : ''}`, median(ratios), '')
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0
}

async function batches(storage: Storage): Promise<void> {
  const file = openSync(join(folder, 'bare'), 'a')
  const writeFile = promisify(write)
  const sync = promisify(fdatasync)
  const bytes = Buffer.concat(hundred.map(entry => entry.bytes))
  const bare = async (): Promise<void> => {
    await writeFile(file, bytes)
    await sync(file)
  }
  const append = (caller: number): Promise<number> => storage.log.append(`batch${caller % 4}`, hundred)
  await compare(
    [
      { name: 'bare file: 100 × 400 bytes, then fdatasync', callers: 1, weight: 100, step: bare },
      { name: 'append of 100 × 400 bytes, 16 callers', callers: 16, weight: 100, step: append },
      { name: 'append of 100 × 400 bytes, 1 caller', callers: 1, weight: 100, step: append },
    ],
    ' (goal 0.7)',
  )
  closeSync(file)
  rmSync(join(folder, 'bare'))
}

async function singles(storage: Storage): Promise<void> {
  const root = open<Buffer, number>({
    path: join(folder, 'bare.mdb'),
    encoding: 'binary',
    keyEncoding: 'uint32',
  })
  let key = 0
  const bare = async (): Promise<void> => {
    key += 1
    await root.put(key, payload)
    await root.flushed
  }
  const append = (): Promise<number> => storage.log.append('single', one)
  await compare(
    [
      { name: 'bare lmdb: put, then flushed, 64 callers', callers: 64, weight: 1, step: bare },
      { name: 'append of one event, 64 callers', callers: 64, weight: 1, step: append },
      { name: 'append of one event, 1 caller', callers: 1, weight: 1, step: append },
    ],
    ' (goal 1)',
  )
  await root.close()
}

async function reads(storage: Storage): Promise<void> {
  const { next } = await storage.log.stat('batch0')
  const near = Array.from({ length: 100 }, (_, index) => next - 100 + index)
  report(
    'get of the last 100 positions',
    (await rate(1, () => storage.log.get('batch0', near))) * 100,
    'entries/s',
  )
  let seed = 1
  const far = async (): Promise<unknown> => {
    seed = (seed * 48_271) % 2_147_483_647
    return storage.log.get('batch0', [1 + (seed % (next - 1))])
  }
  report('get of one position anywhere', await rate(1, far), 'entries/s')
  let from = 1
  const scan = await rate(1, async () => {
    const read = await storage.log.read('batch0', from, { entriesMax: 1_000, bytesMax: 10_000_000 })
    from = read.length < 1_000 ? 1 : from + read.length
  })
  report('read of a log from end to end, 1,000 at a time', scan * 1_000, 'entries/s')
}

async function queues(storage: Storage): Promise<void> {
  let position = 0
  const cycle = await rate(4, async caller => {
    const queue = `queue${caller}`
    const from = position
    position += 100
    const put = Array.from({ length: 100 }, (_, index) => ({
      queue,
      delivery: { position: from + index + 1, attempts: 0, dueAtMs: 0, enqueuedAtMs: 1, lane: undefined },
    }))
    await storage.queue.commit({ put, cursors: [{ name: queue, position }] })
    await storage.queue.commit({
      remove: put.map(({ delivery }) => ({ queue, position: delivery.position })),
    })
  })
  report('deliveries enqueued, then removed, 100 at a time (goal 200,000)', cycle * 100, 'deliveries/s')
  const retry = await rate(4, async caller => {
    const queue = `retry${caller}`
    const from = position
    position += 100
    const put = Array.from({ length: 100 }, (_, index) => ({
      queue,
      delivery: {
        position: from + index + 1,
        attempts: 1,
        dueAtMs: 5_000 + index,
        enqueuedAtMs: 1,
        lane: undefined,
      },
    }))
    await storage.queue.commit({ put })
    await storage.queue.commit({
      remove: put.map(({ delivery }) => ({ queue, position: delivery.position })),
    })
  })
  report('the same, put off to a later time', retry * 100, 'deliveries/s')
}

async function million(path: string): Promise<void> {
  const storage = await openStorage({ path })
  const queue = 'backlog'
  const startMs = performance.now()
  for (let from = 0; from < 1_000_000; from += 1_000) {
    const put = Array.from({ length: 1_000 }, (_, index) => ({
      queue,
      delivery: { position: from + index + 1, attempts: 0, dueAtMs: 0, enqueuedAtMs: 1, lane: undefined },
    }))
    await storage.queue.commit({ put })
  }
  report('a million deliveries enqueued', performance.now() - startMs, 'ms')
  await storage[Symbol.asyncDispose]()
  const openMs = performance.now()
  const again = await openStorage({ path })
  const { pending } = await again.queue.stat(queue)
  report(`opened again with ${pending.toLocaleString('en')} pending`, performance.now() - openMs, 'ms')
  report('stat of that queue', await rate(1, () => again.queue.stat(queue)), 'calls/s')
  await again[Symbol.asyncDispose]()
}

const storage = await openStorage({ path: join(folder, 'store') })
await batches(storage)
await singles(storage)
await reads(storage)
await queues(storage)
await storage[Symbol.asyncDispose]()
const openedMs = performance.now()
const again = await openStorage({ path: join(folder, 'store') })
await again.log.stat('batch0')
report('opened again after all that', performance.now() - openedMs, 'ms')
await again[Symbol.asyncDispose]()
await million(join(folder, 'million'))
rmSync(folder, { recursive: true })
if (values.json) console.log(JSON.stringify(results))
