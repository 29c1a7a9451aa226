import type { LoadOptions, LoadResult, ServerOptions, ServerProcess } from './harness/index.ts'

/** One line of a result: what was measured, and how it stands to what it is compared with. */
export interface ScenarioRow {
  readonly label: string
  readonly value: number
  /** Such as `events/s`, `ms`, `MiB`. */
  readonly unit: string
  /** Value divided by the value of the row it is compared with. */
  readonly ratio?: number
  /** The goal in words, such as `≥ 0.5 × the bare loop` or `< 25 ms`. */
  readonly goal?: string
  /** Whether the goal was met; rows without a goal leave it out. */
  readonly met?: boolean
}

export interface ScenarioResult {
  readonly rows: readonly ScenarioRow[]
  /** What a reader must know to judge the figures: sizes, counts, settings. */
  readonly notes?: readonly string[]
}

/** What a scenario gets. Everything it starts or makes through the context is ended and removed after it. */
export interface ScenarioContext {
  /** Set by `--quick`: a short run to see that everything works; its figures mean nothing. */
  readonly quick: boolean
  /** Aborts when the run is interrupted or has taken too long. */
  readonly signal: AbortSignal
  /** A line about progress for the person who waits. */
  log(line: string): void
  /** A new empty folder on the disk of the repository, so that fsync costs what it costs. */
  folder(): Promise<string>
  /** Starts a server in a process of its own and waits until it is ready. */
  startServer(options: ServerOptions): Promise<ServerProcess>
  /** Drives an HTTP server from a process of its own. */
  load(options: LoadOptions): Promise<LoadResult>
}

/** A question about speed or memory with a reproducible answer. Exported as `scenario` by `benchmarks/<name>/main.ts`. */
export interface Scenario {
  /** Name of the folder. */
  readonly name: string
  readonly title: string
  /** What is compared with what, in one sentence. */
  readonly compared: string
  /** The goals in one sentence; `none` for a scenario that only informs. */
  readonly goal: string
  run(context: ScenarioContext): Promise<ScenarioResult>
}
