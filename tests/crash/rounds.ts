import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ServerProcess } from '../../tools/process/index.ts'
import { account, type RuleAccount } from './account.ts'
import { Ledger } from './ledger.ts'
import { publishLoad, wireLoad } from './load.ts'
import { Receiver } from './receiver.ts'

/** When the server dies: in the middle of the load, while it drains after SIGTERM, and once more while it starts again. */
export const crashKinds = ['under load', 'while draining', 'under load and while starting'] as const
export type CrashKind = (typeof crashKinds)[number]

/** What one round did, told as soon as it is over. */
export interface CrashRound {
  readonly round: number
  readonly kind: CrashKind
  /** Events acknowledged since the first round. */
  readonly acknowledged: number
  readonly arrivals: number
}

export interface CrashReport {
  readonly rounds: number
  readonly acknowledged: number
  readonly unanswered: number
  readonly stored: number
  readonly rules: readonly RuleAccount[]
  /** Sentences about broken promises. */
  readonly problems: readonly string[]
}

const publishers = 4
/** Time under load before the death, counted from the first acknowledgement of the round. */
const loadMsMin = 200
const loadMsMax = 2_000
/** A round in which nothing is acknowledged for so long has failed. */
const firstWithinMs = 60_000

/** Answers take so long while the server drains that it is certain to die before it has drained. */
const slowAnswerMs = 2_000
const drainMsMax = 500
const startMsMax = 500

/**
 * Kills the real server with SIGKILL, round after round, each round in the next of the ways of dying and at a moment by
 * chance, and then accounts for every acknowledged event. `onRound` is told of the progress.
 */
export async function crashRounds(
  rounds: number,
  seed: number,
  onRound: (round: CrashRound) => void,
): Promise<CrashReport> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-server-crash-'))
  try {
    const ledger = new Ledger()
    await using receiver = await Receiver.start(ledger)
    await using server = await ServerProcess.prepare(folder)
    const random = generator(seed)
    await server.start()
    await wireLoad(server.client(), receiver.url)
    for (let round = 1; round <= rounds; round++) {
      const kind = crashKinds[(round - 1) % crashKinds.length] ?? 'under load'
      await crash({ round, kind, server, receiver, ledger, random })
      await server.start()
      onRound({ round, kind, acknowledged: ledger.acknowledged.size, arrivals: ledger.arrivals })
    }
    const { rules, stored, problems } = await account(server.client(), ledger)
    const { acknowledged, unanswered } = ledger
    return { rounds, acknowledged: acknowledged.size, unanswered, stored, rules, problems }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Scene {
  readonly round: number
  readonly kind: CrashKind
  readonly server: ServerProcess
  readonly receiver: Receiver
  readonly ledger: Ledger
  readonly random: () => number
}

/** Publishes for a while and lets the server die; afterwards it is down. */
async function crash({ round, kind, server, receiver, ledger, random }: Scene): Promise<void> {
  const stop = new AbortController()
  const before = ledger.acknowledged.size
  const load = Promise.all(
    Array.from({ length: publishers }, (_, index) =>
      publishLoad(server.client(), ledger, `${round}-${index}`, stop.signal),
    ),
  )
  const deadline = performance.now() + firstWithinMs
  while (ledger.acknowledged.size === before) {
    if (performance.now() > deadline) throw new Error(`round ${round}: nothing was acknowledged`)
    await pause(10)
  }
  await pause(loadMsMin + random() * (loadMsMax - loadMsMin))
  if (kind === 'while draining') {
    receiver.answerAfterMs = slowAnswerMs
    const stopped = server.stop()
    await pause(random() * drainMsMax)
    await server.kill()
    await stopped
    receiver.answerAfterMs = 0
  } else {
    await server.kill()
  }
  stop.abort()
  await load
  if (kind === 'under load and while starting') {
    const started = server.start().catch(() => 0)
    await pause(random() * startMsMax)
    await server.kill()
    await started
  }
}

function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
