import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openStorage } from '../src/index.ts'

/** strace injects errors into system calls of a real process; without it these cases cannot run. */
const hasStrace = spawnSync('strace', ['-V']).status === 0

interface Report {
  readonly outcomes: readonly string[]
  /** Which writes are in the log, in order; and which in the queue. */
  readonly log: readonly number[]
  readonly queue: readonly number[]
}

/** Makes writes in a process in which system calls fail, then reads with a sound one what is there. */
async function writeUnder(
  injection: string,
  writes: number,
  kind: 'append' | 'mixed' = 'mixed',
): Promise<Report> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-fault-'))
  try {
    await using first = await openStorage({ path })
    await first.log.append('log', [{ bytes: Buffer.from('before'), acceptedAtMs: 1 }])
    await first[Symbol.asyncDispose]()
    const outcomes = runTraced(injection, [path, String(writes), kind])
    await using sound = await openStorage({ path })
    const entries = await sound.log.read('log', 2, { entriesMax: 1_000, bytesMax: 100_000_000 })
    const deliveries = await sound.queue.read('q', { kind: 'all', after: 0 }, 1_000)
    return {
      outcomes,
      log: entries.map(entry => Number(Buffer.from(entry.bytes).toString().split(' ')[1])),
      queue: deliveries.map(delivery => delivery.position),
    }
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

function runTraced(injection: string, options: readonly string[]): string[] {
  const calls = 'trace=fdatasync,pwrite64,writev'
  const tracing = ['-f', '-qq', '-o', '/dev/null', '-e', calls, '-e', `inject=${injection}`]
  const script = join(import.meta.dirname, 'fault-child.ts')
  const child = spawnSync('strace', [...tracing, process.execPath, script, ...options], {
    encoding: 'utf8',
    // With one thread in the pool, the calls that are counted are those of the writes, in order.
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    timeout: 30_000,
  })
  const report = child.stdout.split('\n').find(line => line.startsWith('['))
  if (report === undefined) throw new Error(`the process said nothing: ${child.stderr}`)
  return JSON.parse(report) as string[]
}

function acknowledged(report: Report): number[] {
  return report.outcomes.flatMap((outcome, index) => (outcome === 'ok' ? [index] : []))
}

const odd = (numbers: readonly number[]): number[] => numbers.filter(number => number % 2 === 1)
const failed = (count: number): string[] => Array.from({ length: count }, () => 'storage.failed')

describe.skipIf(!hasStrace)('with faults injected by strace (skipped where it is not installed)', () => {
  test('after a failed write to a log nothing is acknowledged until the store is opened again', async () => {
    const report = await writeUnder('pwrite64:error=EIO:when=4', 8, 'append')
    expect(report.outcomes).toEqual(['ok', 'ok', 'ok', ...failed(5)])
    expect(report.log).toEqual([0, 1, 2])
  })

  test('after a failed fdatasync nothing is acknowledged, and the group leaves no part in any file', async () => {
    const report = await writeUnder('fdatasync:error=EIO:when=2', 8)
    expect(report.outcomes).toEqual(['ok', 'ok', 'ok', ...failed(5)])
    expect(report).toMatchObject({ log: [0, 1, 2], queue: [1] })
  })

  test('after a failed write of the header nothing is acknowledged, and nothing acknowledged is lost', async () => {
    const report = await writeUnder('pwrite64:error=EIO:when=6', 8)
    const count = acknowledged(report).length
    expect(report.outcomes).toEqual([...report.outcomes.slice(0, count), ...failed(8 - count)])
    expect(count).toBeGreaterThan(0)
    expect(report.log.slice(0, count)).toEqual(acknowledged(report))
    expect(report.queue).toEqual(odd(report.log))
  })

  // Not within LMDB, whose file is allocated ahead for that reason: see file-reserve.ts.
  test('a full disk refuses appends, loses nothing, and is over when there is room', async () => {
    const report = await writeUnder('pwrite64:error=ENOSPC:when=4..6', 10, 'append')
    const full = ['storage.full', 'storage.full', 'storage.full']
    expect(report.outcomes).toEqual(['ok', 'ok', 'ok', ...full, 'ok', 'ok', 'ok', 'ok'])
    expect(report.log).toEqual([0, 1, 2, 6, 7, 8, 9])
  })
})
