import { existsSync as hasFile, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findServer, serverNames } from './discovery.ts'
import { underLock } from './lock.ts'
import { stateFolder } from './place.ts'
import { isAlive, markProcess, type ProcessMark } from './process-tree.ts'
import { discardWithinMs, type RunningProcess, startProcesses, stopProcesses } from './runner.ts'
import { Instance, type Server, type ServiceName, type Services } from './server.ts'

/** Set for the processes of a test run: the number of the process whose end is the end of the run. */
const runVariable = 'MILLRACE_SERVICES_RUN'

/** The shared instance of a server as its starter wrote it down. */
export interface SharedState {
  /** Whether a person asked for it; a test run leaves it running then. */
  readonly kept: boolean
  readonly processes: readonly RunningProcess[]
}

/** The instance on the default ports that all tests of a machine share. */
export function sharedInstance(server: Server): Instance {
  return new Instance(server.name, join(stateFolder(), server.name), server.ports)
}

/** What runs of the shared instance; `undefined` when it does not run, or not all of it. */
export function sharedState(server: Server): SharedState | undefined {
  const state = readState(server)
  return state !== undefined && state.processes.length > 0 && state.processes.every(isAlive)
    ? state
    : undefined
}

/**
 * The shared instance of a server for a test run, started on first use. Left running for the other users; the last
 * run that ends stops it, unless a person started it. Never installs: rejects with the command that does.
 */
export async function useService<Name extends ServiceName>(name: Name): Promise<Services[Name]> {
  const server = await findServer(name)
  await underLock(server.lockPort, async () => {
    refuseMissing(server)
    await startUnlocked(server, false)
    takeLease(server)
  })
  return server.handle(sharedInstance(server)) as unknown as Services[Name]
}

/** Rejects when the server is not installed, with what is missing and the command to get it. */
export function refuseMissing(server: Server): void {
  const missing = server.missing()
  if (missing !== undefined)
    throw new Error(
      `${server.name} is not installed (${missing}); get it with: npm run services -- install ${server.name}`,
    )
}

/** Starts the shared instance for a person: it runs until `stopShared`. Resolves with whether it ran before. */
export function startShared(server: Server): Promise<boolean> {
  return underLock(server.lockPort, () => startUnlocked(server, true))
}

export interface StopOptions {
  /** Leaves the data for the next start. */
  readonly keepData: boolean
  /** Stops it also while a test run uses it. */
  readonly force: boolean
}

/**
 * Stops the shared instance and removes its data. While a test run uses it the answer is `in use`: the instance then
 * ends with the last such run.
 */
export function stopShared(
  server: Server,
  options: StopOptions,
): Promise<'stopped' | 'not running' | 'in use'> {
  return underLock(server.lockPort, async () => {
    const state = sharedState(server)
    if (state !== undefined && isLeased(server) && !options.force) {
      writeState(server, { ...state, kept: false })
      return 'in use'
    }
    return (await stopUnlocked(server, options.keepData)) ? 'stopped' : 'not running'
  })
}

/** Makes this process the run in whose name its children use servers. */
export function beginRun(): void {
  process.env[runVariable] = String(process.pid)
}

/** Stops what runs for tests and is used by no other run. */
export async function endRun(): Promise<void> {
  delete process.env[runVariable]
  for (const name of serverNames()) {
    const server = await findServer(name)
    if (readState(server) === undefined) continue
    await underLock(server.lockPort, async () => {
      rmSync(join(leasesFolder(server), String(process.pid)), { force: true })
      if (readState(server)?.kept === false && !isLeased(server)) await stopUnlocked(server, false)
    })
  }
}

async function startUnlocked(server: Server, kept: boolean): Promise<boolean> {
  const state = sharedState(server)
  if (state !== undefined) {
    if (kept && !state.kept) writeState(server, { ...state, kept })
    return true
  }
  await stopUnlocked(server, true)
  writeState(server, { kept, processes: await startProcesses(server, sharedInstance(server)) })
  return false
}

async function stopUnlocked(server: Server, keepData: boolean): Promise<boolean> {
  const processes = readState(server)?.processes ?? []
  const ran = processes.some(isAlive)
  await stopProcesses(processes, keepData ? undefined : discardWithinMs)
  rmSync(stateFile(server), { force: true })
  rmSync(leasesFolder(server), { recursive: true, force: true })
  if (!keepData) rmSync(sharedInstance(server).folder, { recursive: true, force: true })
  return ran
}

function takeLease(server: Server): void {
  mkdirSync(leasesFolder(server), { recursive: true })
  const holder = markProcess(Number(process.env[runVariable] ?? process.pid))
  writeFileSync(join(leasesFolder(server), String(holder.id)), JSON.stringify(holder))
}

function isLeased(server: Server): boolean {
  const folder = leasesFolder(server)
  const names = hasFile(folder) ? readdirSync(folder) : []
  return names.some(name => isAlive(JSON.parse(readFileSync(join(folder, name), 'utf8')) as ProcessMark))
}

function readState(server: Server): SharedState | undefined {
  const path = stateFile(server)
  return hasFile(path) ? (JSON.parse(readFileSync(path, 'utf8')) as SharedState) : undefined
}

function writeState(server: Server, state: SharedState): void {
  writeFileSync(stateFile(server), JSON.stringify(state))
}

function stateFile(server: Server): string {
  return join(stateFolder(), `${server.name}.json`)
}

function leasesFolder(server: Server): string {
  return join(stateFolder(), `${server.name}.users`)
}
