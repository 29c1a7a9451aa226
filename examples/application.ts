import type { ExampleServer } from './testing.ts'

/** What an application runs on. */
export interface Stage {
  /** A server of its own, which is gone afterwards. */
  readonly server: ExampleServer
  /** An empty folder of its own, for what it wants to show: charts, reports. */
  readonly folder: string
  /** One line of progress, shown while it runs. */
  say(line: string): void
  /** Aborts when it takes too long, or somebody has had enough. */
  readonly signal: AbortSignal
}

/** What came of it; an application that does not do what it is for throws. */
export interface Result {
  /** One line with the figures that prove it. */
  readonly headline: string
  /** More for a reader: a table, the way of one event. */
  readonly lines?: readonly string[]
  /** Files in the folder that are worth a look. */
  readonly files?: readonly string[]
}

/** One of the applications: the module `app.ts` of a folder `examples/app-…` exports it as `application`. */
export interface Application {
  readonly title: string
  /** Resolves, in words, with what has to be on the machine for it and is not; it is then left out and counted as skipped. */
  needs?(): Promise<string | undefined>
  /** What it runs on without anything installed; tests run the same with the real systems. */
  run(stage: Stage): Promise<Result>
}
