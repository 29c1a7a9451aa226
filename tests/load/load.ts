import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@millrace/sdk'
import { ServerProcess } from '../../tools/process/index.ts'
import { good, type LoadFunction, neighbours } from './functions.ts'
import { type LoopDelay, loopMonitor, readLoopDelays } from './loop-delays.ts'
import { type Calls, callSteadily } from './traffic.ts'

export interface LoadReport {
  readonly sandbox: string
  readonly quiet: Calls
  readonly mixed: Calls
  readonly neighbours: readonly Calls[]
  /** Of the server's event loop, alone and beside the others. */
  readonly quietDelays: readonly LoopDelay[]
  readonly mixedDelays: readonly LoopDelay[]
  /** Processes and folders that were still there after the server had ended. */
  readonly leftovers: readonly string[]
  /** What went wrong, as sentences; none in a run as it should be. */
  readonly problems: readonly string[]
}

/**
 * Calls a good function alone, then beside slow, crashing and hostile ones, and looks whether it noticed. A short time
 * before each phase is for warming up.
 */
export async function runLoad(
  quietMs: number,
  mixedMs: number,
  onPhase: (phase: string) => void,
): Promise<LoadReport> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-load-'))
  try {
    const delaysPath = join(folder, 'loop-delays')
    const server = await ServerProcess.prepare(folder, loopMonitor(delaysPath))
    const phases = await (async () => {
      await using running = server
      await running.start()
      return await runPhases(running.client(), quietMs, mixedMs, onPhase)
    })()
    const leftovers = await findLeftovers(folder)
    const delays = await readLoopDelays(delaysPath)
    return {
      ...phases,
      quietDelays: delays.filter(({ atMs }) => atMs >= phases.quietAtMs && atMs < phases.mixedAtMs),
      mixedDelays: delays.filter(({ atMs }) => atMs >= phases.mixedAtMs),
      leftovers,
      problems: [...problemsOf(phases), ...leftovers.map(left => `left behind: ${left}`)],
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Phases = Omit<LoadReport, 'leftovers' | 'problems' | 'quietDelays' | 'mixedDelays'> & {
  /** When each phase began. */
  readonly quietAtMs: number
  readonly mixedAtMs: number
}

async function runPhases(
  client: Client,
  quietMs: number,
  mixedMs: number,
  onPhase: (phase: string) => void,
): Promise<Phases> {
  for (const what of [good, ...neighbours]) await deploy(client, what)
  const { sandbox } = (await client.status()) as { sandbox?: { kind: string; limits: string } }
  onPhase('warming up')
  await callSteadily(client, good, Math.min(3_000, quietMs))
  onPhase('the good function alone')
  const quietAtMs = Date.now()
  const quiet = await callSteadily(client, good, quietMs)
  onPhase('the good function beside the others')
  const mixedAtMs = Date.now()
  const [mixed, ...others] = await Promise.all(
    [good, ...neighbours].map(what => callSteadily(client, what, mixedMs)),
  )
  if (mixed === undefined) throw new Error('there is a good function')
  const kind = `${sandbox?.kind}, ${sandbox?.limits}`
  return { sandbox: kind, quiet, mixed, neighbours: others, quietAtMs, mixedAtMs }
}

async function deploy(client: Client, what: LoadFunction): Promise<void> {
  const code = await client.uploadCode(new Map([['index.mjs', Buffer.from(what.source)]]))
  await client.functions.put(what.name, { code, runtime: 'nodejs', handler: 'index.handler', ...what.spec })
}

function problemsOf({ quiet, mixed, neighbours: others }: Phases): string[] {
  const problems: string[] = []
  for (const calls of [quiet, mixed, ...others]) {
    for (const [code, count] of calls.faults) {
      problems.push(`${calls.name}: ${count} calls ended with ${code}`)
    }
    const lost = calls.expected === 'answers' ? calls.failed + calls.refused : 0
    if (lost > 0) problems.push(`${calls.name}: ${lost} of ${calls.sent} calls were not answered`)
    if (calls.expected === 'fails' && calls.answered > 0) {
      problems.push(`${calls.name}: ${calls.answered} calls succeeded that cannot`)
    }
  }
  return problems
}

/** Processes that an instance of this data folder has started, and folders of instances. */
async function findLeftovers(dataFolder: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue
    const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '')
    const command = await readFile(`/proc/${entry}/cmdline`, 'latin1').catch(() => '')
    if (`${environment}${command}`.includes(dataFolder)) found.push(`process ${entry}`)
  }
  for (const name of await readdir(join(dataFolder, 'run')).catch(() => [])) found.push(`folder run/${name}`)
  return found
}
