import { join } from 'node:path'

/**
 * What `useService` and `ownService` answer, by the name of the server. Each file in `servers/` adds its own entry,
 * so a new server is one file.
 */
// oxlint-disable-next-line typescript/no-empty-interface
export interface Services {}

export type ServiceName = keyof Services

/** What every running server says of itself. */
export interface ServiceHandle {
  readonly name: string
  /** Host and port that most clients want. */
  readonly address: string
  /** What a person types or writes in settings to connect, one line. */
  readonly connect: string
}

/** One set of ports and one folder in which a server runs. */
export class Instance {
  readonly server: string
  readonly folder: string
  readonly ports: Readonly<Record<string, number>>

  constructor(server: string, folder: string, ports: Readonly<Record<string, number>>) {
    this.server = server
    this.folder = folder
    this.ports = ports
  }

  get dataFolder(): string {
    return join(this.folder, 'data')
  }

  /** Everything that the processes print. */
  get logFile(): string {
    return join(this.folder, 'server.log')
  }

  port(role: string): number {
    const port = this.ports[role]
    if (port === undefined) throw new Error(`${this.server} has no port for ${role}`)
    return port
  }
}

/** One process of a server. */
export interface ProcessPlan {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Name of the user to run as when this program is root; as the caller otherwise. */
  readonly user?: string
  /** Signal that asks for an orderly end; SIGTERM unless the server wants another. */
  readonly stopSignal?: NodeJS.Signals
  /** One exchange in the server's own protocol; rejects for as long as it is not ready. */
  ready(signal: AbortSignal): Promise<void>
}

/** A server that can be installed and started: the contract of each file in `servers/`, exported as `server`. */
export interface Server<Handle extends ServiceHandle = ServiceHandle> {
  readonly name: string
  /** What it is, with the version, for lists. */
  readonly title: string
  /** Default port of each role on 127.0.0.1. */
  readonly ports: Readonly<Record<string, number>>
  /** Which of the ports serialises installing and starting among processes; no program listens on it for clients. */
  readonly lockPort: number
  /** What is missing to start it, in words; `undefined` when it is installed. Reads files only. */
  missing(): string | undefined
  /** Fetches what is missing; rejects with what to do next. */
  install(print: (line: string) => void): Promise<void>
  /** Makes later starts quicker, when it is installed; does nothing when that was done. */
  speedUp?(print: (line: string) => void): Promise<void>
  /** Writes settings and, when the data folder is new, what a first start needs. Called before every start. */
  prepare(instance: Instance): Promise<void>
  /** In the order of starting; each is ready before the next begins. */
  processes(instance: Instance): readonly ProcessPlan[]
  /** Once after the first start on a new data folder. */
  populate?(instance: Instance): Promise<void>
  handle(instance: Instance): Handle
}
