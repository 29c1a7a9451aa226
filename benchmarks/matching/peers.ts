import { execFile } from 'node:child_process'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { RuleSet } from './rule-sets.ts'

const run = promisify(execFile)
const sources = fileURLToPath(new URL('peers/', import.meta.url))
const builds = fileURLToPath(new URL('../.peers/', import.meta.url))
const buildMsMax = 5 * 60_000
const outputBytesMax = 64 * 1024 * 1024

/** What a peer said about one set: a rate and counts, or why it cannot run the set. */
export interface PeerFigure {
  readonly name: string
  readonly rate?: number
  readonly counts?: Readonly<Record<string, number>>
  readonly error?: string
}

/** A peer that ran, or the reason why it could not be built. */
export type PeerOutcome =
  | { readonly peer: string; readonly figures: ReadonlyMap<string, PeerFigure> }
  | { readonly peer: string; readonly unavailable: string }

/** What both peers are given. */
export interface PeerOrder {
  readonly events: readonly Buffer[]
  readonly sets: readonly RuleSet[]
  readonly secondsPerSet: number
  readonly folder: string
  readonly signal: AbortSignal
}

/** Builds event-ruler with Maven and runs it. */
export function runEventRuler(order: PeerOrder): Promise<PeerOutcome> {
  return attempt('event-ruler', async () => {
    const folder = await copySources('event-ruler')
    await run('mvn', ['-q', '-B', 'package'], { cwd: folder, timeout: buildMsMax, signal: order.signal })
    const target = join(folder, 'target')
    const classpath = [join(target, 'classes'), join(target, 'classpath', '*')].join(delimiter)
    return await runPeer('java', ['-cp', classpath, 'Peer'], folder, order)
  })
}

/** Builds quamina with Go and runs it. */
export function runQuamina(order: PeerOrder): Promise<PeerOutcome> {
  return attempt('quamina', async () => {
    const folder = await copySources('quamina')
    const options = { cwd: folder, timeout: buildMsMax, signal: order.signal }
    await run('go', ['get', 'quamina.net/go/quamina/v2@latest'], options)
    await run('go', ['build', '-o', 'peer', '.'], options)
    return await runPeer(join(folder, 'peer'), [], folder, order)
  })
}

async function attempt(peer: string, work: () => Promise<PeerFigure[]>): Promise<PeerOutcome> {
  try {
    const figures = await work()
    return { peer, figures: new Map(figures.map(figure => [figure.name, figure])) }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    // A log of a build is long: its last line is the reason. Addresses say nothing about the peer.
    const lines = text.split('\n').filter(line => line.trim() !== '')
    const reason = (lines.at(-1) ?? 'no reason given').replaceAll(/https?:\/\/\S+/g, '…')
    return { peer, unavailable: reason.trim().slice(0, 200) }
  }
}

/** Builds happen outside of the sources, which stay as they are. */
async function copySources(peer: string): Promise<string> {
  const folder = join(builds, peer)
  await mkdir(folder, { recursive: true })
  await cp(join(sources, peer), folder, { recursive: true })
  return folder
}

async function runPeer(
  program: string,
  leading: string[],
  cwd: string,
  order: PeerOrder,
): Promise<PeerFigure[]> {
  const events = join(order.folder, 'events.jsonl')
  const sets = join(order.folder, 'sets.jsonl')
  await writeFile(events, `${order.events.map(event => event.toString()).join('\n')}\n`)
  await writeFile(
    sets,
    `${order.sets.map(({ name, rules }) => JSON.stringify({ name, rules })).join('\n')}\n`,
  )
  const { stdout } = await run(program, [...leading, events, sets, String(order.secondsPerSet)], {
    cwd,
    signal: order.signal,
    maxBuffer: outputBytesMax,
  })
  return stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as PeerFigure)
}
