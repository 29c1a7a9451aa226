import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { openStorage } from '@millrace/storage-lmdb'
import { type MemoryStorage, openStorage as openMemory } from '@millrace/storage-memory'
import { readEverything } from './everything.ts'
import { generator, lastWrite, names, performWrite } from './operations.ts'

/** What one crash left. */
export interface CrashRound {
  readonly round: number
  /** Writes whose promise the process saw resolved before it died, and the last of them. */
  readonly acknowledged: number
  readonly lastAcknowledged: number
  /** Last write that was there afterwards. */
  readonly lastKept: number
  /** What was wrong; empty when nothing was. */
  readonly problems: readonly string[]
}

/** Acknowledgements after which a process is killed: at least one, at most this. */
const acknowledgementsMax = 2_000
/** Turns of the event loop, of some microseconds each, between the last counted acknowledgement and the kill: at most this. */
const turnsBeforeKillMax = 1_000
/** Rounds after which the logs are emptied, so that comparing them stays cheap. */
const roundsBetweenTrims = 3

/**
 * Kills a writing process `rounds` times with SIGKILL after a random number of acknowledgements, and after each opens
 * what it left: that must be exactly what the memory model holds after a prefix of the writes, and the prefix must
 * contain every write that was acknowledged. The next process goes on where the prefix ends.
 */
export async function* crashRounds(rounds: number, seed: number): AsyncGenerator<CrashRound> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-crash-'))
  const model = await openMemory()
  let kept = 0
  try {
    for (let round = 1; round <= rounds; round++) {
      const acknowledged = await killedRun(path, seed, kept + 1, round)
      const problems: string[] = []
      const lastKept = await compare(path, model, seed, kept, problems, round % roundsBetweenTrims === 0)
      const lastAcknowledged = acknowledged.reduce((last, each) => Math.max(last, each), kept)
      if (lastKept < lastAcknowledged) {
        problems.push(`write ${lastAcknowledged} was acknowledged, but only ${lastKept} were kept`)
      }
      yield { round, acknowledged: acknowledged.length, lastAcknowledged, lastKept, problems }
      kept = lastKept
    }
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

/** Starts a process and kills it; returns the numbers of the writes that it said were done. */
async function killedRun(path: string, seed: number, first: number, round: number): Promise<number[]> {
  const script = join(import.meta.dirname, 'child.ts')
  const child = spawn(process.execPath, [script, path, String(seed), String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const random = generator(seed, -round)
  const killAfter = 1 + Math.floor(random() * acknowledgementsMax)
  const turns = Math.floor(random() * turnsBeforeKillMax)
  const acknowledged: number[] = []
  let killing: Promise<void> | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(line))
    if (acknowledged.length >= killAfter) killing ??= killAfterTurns(child, turns)
  }
  await killing
  const [status, signal] = (await exited) as [number | null, string | null]
  if (signal !== 'SIGKILL')
    throw new Error(`the writing process ended by itself with ${signal ?? `status ${status}`}`)
  // The kill may cut the last number in two.
  return acknowledged.slice(0, -1)
}

/** Acknowledgements come when a commit is done: a few turns later the process is somewhere within the next one. */
async function killAfterTurns(child: ChildProcess, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn()
  child.kill('SIGKILL')
}

async function compare(
  path: string,
  model: MemoryStorage,
  seed: number,
  kept: number,
  problems: string[],
  trim: boolean,
): Promise<number> {
  await using storage = await openStorage({ path })
  const lastKept = Math.max(kept, await lastWrite(storage))
  for (let index = kept + 1; index <= lastKept; index++) await performWrite(model, seed, index)
  const found = await readEverything(storage, names)
  const wanted = await readEverything(model, names)
  if (!isDeepStrictEqual(found, wanted)) {
    problems.push(
      `the store does not hold exactly the first ${lastKept} writes: ${firstDifference(found, wanted)}`,
    )
  }
  if (trim) {
    for (const log of names.logs) {
      await storage.log.trim(log, Number.POSITIVE_INFINITY)
      await model.log.trim(log, Number.POSITIVE_INFINITY)
    }
  }
  return lastKept
}

function firstDifference(found: unknown, wanted: unknown, path = 'store'): string {
  if (typeof found !== 'object' || typeof wanted !== 'object' || found === null || wanted === null) {
    return `${path} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`
  }
  const left = found as Record<string, unknown>
  const right = wanted as Record<string, unknown>
  const key = [...Object.keys(left), ...Object.keys(right)].find(
    each => !isDeepStrictEqual(left[each], right[each]),
  )
  return key === undefined ? `${path} differs` : firstDifference(left[key], right[key], `${path}.${key}`)
}
