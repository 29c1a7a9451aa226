import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { findServer } from './discovery.ts'
import { stateFolder } from './place.ts'
import { freePorts } from './ports.ts'
import { isAlive, markProcess, type ProcessMark } from './process-tree.ts'
import {
  discardWithinMs,
  killProcesses,
  type RunningProcess,
  startProcesses,
  stopProcesses,
} from './runner.ts'
import { Instance, type Server, type ServiceName, type Services } from './server.ts'
import { refuseMissing } from './shared.ts'

/** A private instance that a fault test may end as it likes. */
export interface OwnControls extends AsyncDisposable {
  /** Port of each role; the same after every start. */
  readonly ports: Readonly<Record<string, number>>
  /** Everything that its processes print. */
  readonly logFile: string
  /** SIGKILL for all its processes; resolves when they are gone. */
  kill(): Promise<void>
  /** An orderly end. */
  stop(): Promise<void>
  /** Starts it again after `kill` or `stop`, on the same ports and data; resolves when it answers. */
  start(): Promise<void>
}

export type OwnService<Name extends ServiceName> = Services[Name] & OwnControls

/** What is known of a private instance outside the process that owns it, so that a crash leaves nothing behind. */
interface OwnRecord {
  readonly owner: ProcessMark
  readonly processes: readonly RunningProcess[]
}

/**
 * Starts a private instance with ports and data of its own. Disposing of it stops the processes and removes the data.
 * Never installs: rejects with the command that does.
 */
export async function ownService<Name extends ServiceName>(name: Name): Promise<OwnService<Name>> {
  const server = await findServer(name)
  refuseMissing(server)
  await removeOrphans()
  const roles = Object.keys(server.ports)
  const free = await freePorts(roles.length)
  const ports = Object.fromEntries(roles.map((role, index) => [role, free[index] ?? 0]))
  // Short: the path of a socket in the folder may have some hundred characters.
  const id = randomBytes(4).toString('hex')
  const owned = new OwnedInstance(server, new Instance(name, join(ownFolder(), `${name}-${id}`), ports))
  await owned.start()
  const controls: OwnControls = {
    ports,
    logFile: owned.instance.logFile,
    kill: () => owned.kill(),
    stop: () => owned.stop(),
    start: () => owned.start(),
    [Symbol.asyncDispose]: () => owned.remove(),
  }
  return { ...(server.handle(owned.instance) as unknown as Services[Name]), ...controls }
}

/** Ends and removes the private instances whose owners are gone. */
export async function removeOrphans(): Promise<void> {
  for (const file of readdirSync(ownFolder()).filter(name => name.endsWith('.json'))) {
    const path = join(ownFolder(), file)
    const record = readRecord(path)
    if (record === undefined || isAlive(record.owner)) continue
    await killProcesses(record.processes)
    rmSync(path.slice(0, -'.json'.length), { recursive: true, force: true })
    rmSync(path, { force: true })
  }
}

class OwnedInstance {
  readonly instance: Instance
  readonly #server: Server
  #processes: RunningProcess[] = []

  constructor(server: Server, instance: Instance) {
    this.#server = server
    this.instance = instance
  }

  async start(): Promise<void> {
    if (this.#processes.some(isAlive)) throw new Error(`${this.instance.server} runs already`)
    this.#processes = await startProcesses(this.#server, this.instance)
    const record: OwnRecord = { owner: markProcess(process.pid), processes: this.#processes }
    writeFileSync(this.#recordFile, JSON.stringify(record))
  }

  async kill(): Promise<void> {
    await killProcesses(this.#processes)
  }

  async stop(): Promise<void> {
    await stopProcesses(this.#processes)
  }

  async remove(): Promise<void> {
    await stopProcesses(this.#processes, discardWithinMs)
    rmSync(this.instance.folder, { recursive: true, force: true })
    rmSync(this.#recordFile, { force: true })
  }

  get #recordFile(): string {
    return `${this.instance.folder}.json`
  }
}

function ownFolder(): string {
  const folder = join(stateFolder(), 'own')
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  return folder
}

function readRecord(path: string): OwnRecord | undefined {
  // Another process may remove or write it at this moment.
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as OwnRecord
  } catch {
    return undefined
  }
}
