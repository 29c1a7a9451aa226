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
  /** Which append each entry that was added is, in order. */
  readonly kept: readonly number[]
}

/** Appends in a process in which system calls fail, then reads with a sound one what is there. */
async function appendUnder(injection: string, appends: number): Promise<Report> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-fault-'))
  try {
    // The first open and append make tables and log: afterwards only commits write, all on the pool's thread.
    await using first = await openStorage({ path })
    await first.log.append('log', [{ bytes: Buffer.from('before'), acceptedAtMs: 1 }])
    await first[Symbol.asyncDispose]()
    const script = join(import.meta.dirname, 'fault-child.ts')
    const tracing = [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      'trace=fdatasync,pwrite64,writev',
      '-e',
      `inject=${injection}`,
    ]
    const child = spawnSync('strace', [...tracing, process.execPath, script, path, String(appends)], {
      encoding: 'utf8',
      // With one thread in the pool, the count of calls is that of the commits.
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
      timeout: 30_000,
    })
    const report = child.stdout.split('\n').find(line => line.startsWith('{'))
    if (report === undefined) throw new Error(`the process said nothing: ${child.stderr}`)
    const { from, outcomes } = JSON.parse(report) as { from: number; outcomes: string[] }
    await using sound = await openStorage({ path })
    const entries = await sound.log.read('log', from, { entriesMax: 1_000, bytesMax: 100_000_000 })
    expect(entries.map(entry => entry.position)).toEqual(entries.map((_, index) => from + index))
    return { outcomes, kept: entries.map(entry => Number(Buffer.from(entry.bytes).toString().split(' ')[1])) }
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

function acknowledged(report: Report): number[] {
  return report.outcomes.flatMap((outcome, index) => (outcome === 'ok' ? [index] : []))
}

describe.skipIf(!hasStrace)('with faults injected by strace (skipped where it is not installed)', () => {
  test('after a failed fdatasync nothing is acknowledged until the store is opened again', async () => {
    const report = await appendUnder('fdatasync:error=EIO:when=4', 8)
    expect(report.outcomes).toEqual(['ok', 'ok', 'ok', ...Array.from({ length: 5 }, () => 'storage.failed')])
    expect(report.kept).toEqual([0, 1, 2])
  })

  test('after a failed write of the header nothing is acknowledged, and nothing acknowledged is lost', async () => {
    const report = await appendUnder('pwrite64:error=EIO:when=12', 8)
    expect(report.outcomes).toContain('ok')
    expect(report.outcomes.slice(report.outcomes.indexOf('storage.failed'))).not.toContain('ok')
    expect(report.kept.slice(0, acknowledged(report).length)).toEqual(acknowledged(report))
    expect(report.kept.length).toBeLessThanOrEqual(acknowledged(report).length + 1)
  })

  test('a full disk refuses writes with storage.full, loses nothing, and is over when there is room', async () => {
    const report = await appendUnder('pwrite64,writev:error=ENOSPC:when=10..13', 12)
    expect(new Set(report.outcomes)).toEqual(new Set(['ok', 'storage.full']))
    expect(report.outcomes.at(-1)).toBe('ok')
    expect(report.kept).toEqual(acknowledged(report))
  })
})
