import type { TObject } from 'typebox'
import type { Clock, Random } from './clock.ts'
import type { Outcome } from './outcome.ts'
import type { SourceDefinition } from './source.ts'

/** One event on its way out: the event itself and what the transforms of the target made of it. */
export interface OutgoingRecord {
  /** UTF-8 text of the structured CloudEvent, with `millraceposition`, `millraceattempt` and the like. */
  readonly event: Uint8Array
  readonly id: string
  readonly source: string
  readonly type: string
  /** What the body transform yielded; the event itself when the target has none. */
  readonly body: Uint8Array
  /** Media type of `body`, when known. */
  readonly contentType: string | undefined
  /** Results of the named transforms of the target, e.g. `path` or `headers.x-order`; a sink documents which it reads. */
  readonly parameters: Readonly<Record<string, string>>
  /** 1 for the first attempt. */
  readonly attempt: number
}

/**
 * Writes events to one external system. Opened per target; may be asked to write several batches at once, and none of
 * them waits for another that hangs. The suite of `@millrace/spi/conformance` has a case for every sentence here.
 *
 * Disposing waits for the writes under way, up to a limit of the sink's own by the clock of its context, then cuts
 * them off: those are failed outcomes that may be tried again, and so is a write that comes later
 * (`sink.unavailable`). It is safe to call twice, and leaves no timer, socket or child.
 */
export interface Sink extends AsyncDisposable {
  /**
   * Resolves with one outcome per record, in input order.
   * Rejects only when `signal` aborts: a failed write is an outcome, not an exception.
   * The signal carries the target's time-out: when it aborts the sink gives up the work, not only the waiting. An
   * outcome that is certain when it aborts may still be given.
   * Messages and details never hold what the event holds.
   */
  write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]>
}

/** What a connector gets from its host. It reads no environment, opens no global and keeps no module state. */
export interface ConnectorContext {
  readonly clock: Clock
  readonly random: Random
  readonly log: PluginLog
  /** Whether targets may be loopback, link-local or private addresses. */
  readonly allowPrivateTargets: boolean
  /** Absolute folders of this machine below which files may be read and written; none when empty. */
  readonly fileRoots: readonly string[]
  /** Which target this is for, in logs and in the records of inspecting sinks. */
  readonly name: string
}

/** Structured log: constant message, data in fields. */
export interface PluginLog {
  debug(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

export interface SinkDefinition {
  /** JSON Schema (typebox) of the options: description, default, unit and limits on every property. */
  readonly options: TObject
  /** Records that one `write` may carry at most; 1 where the system takes one at a time. */
  readonly recordsMax: number
  /**
   * Checks what a schema cannot say (a URL that parses, names that go together); called with options that fit the
   * schema when they are written, and again before `open`. No I/O.
   *
   * @throws AppError `options.invalid` that names the option and the reason
   */
  readonly check?: (options: Readonly<Record<string, unknown>>) => void
  /**
   * Names of the target parameters that the sink reads; a name that ends in `*` stands for all with that beginning.
   * A parameter that is not among them is refused when it is written. None when absent.
   */
  readonly parameters?: readonly string[]
  /** Makes a sink; does no I/O before the first write, or connects lazily. Options are complete and checked. */
  open(options: Readonly<Record<string, unknown>>, context: ConnectorContext): Sink
}

export interface Connector {
  /** Name of the external system, as users write it: `http`, `kafka`… */
  readonly system: string
  readonly title: string
  /**
   * The options that say where the system is and how to get in (addresses, credentials, TLS), for an *instance*: a named
   * document that streams and targets refer to. Options of the same names stand in the schemas of source and sink; what
   * a stream or target says itself wins. Nothing in it is required.
   */
  readonly connection?: TObject
  readonly source?: SourceDefinition
  readonly sink?: SinkDefinition
}

/** Declares a connector. Importing its module does nothing else. */
export function defineConnector(connector: Connector): Connector {
  return connector
}
