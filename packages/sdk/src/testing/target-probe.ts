import { AppError, type Outcome, type OutgoingRecord, retryBackoff, retryNever } from '@millrace/spi'

/** One record that was given to a target, a stream's sink or a dead letter, and what became of it. */
export interface Delivered {
  /** The event, complete. */
  readonly event: Readonly<Record<string, unknown>>
  /** What the transform made of it: read as JSON where it is JSON, else text. */
  readonly body: unknown
  readonly parameters: Readonly<Record<string, string>>
  /** 1 for the first. */
  readonly attempt: number
  readonly atMs: number
  /** The code of what went wrong; absent when it was taken. */
  readonly error?: string
}

export interface TargetFault {
  /** How many attempts fail; every one unless told. */
  readonly times?: number
  /** `never`: it counts as refused for good, and goes to the dead letter at once. */
  readonly retry?: 'backoff' | 'never'
  readonly message?: string
}

/** Takes the place of what is behind a sink. */
export type StandIn = (body: unknown, record: OutgoingRecord) => unknown

/** Records kept of one target; older ones are forgotten. */
const recordsMax = 100_000

/** What a test sees of one target and does to it. */
export class TargetProbe {
  readonly name: string
  readonly #attempts: Delivered[] = []
  readonly #deadLetters: Delivered[] = []
  #fault: TargetFault | undefined
  #failuresLeft = 0
  #standIn: StandIn | undefined

  constructor(name: string) {
    this.name = name
  }

  /** What was taken, in order. */
  get delivered(): readonly Delivered[] {
    return this.#attempts.filter(({ error }) => error === undefined)
  }

  /** Everything that was tried, failures among it, in order. */
  get attempts(): readonly Delivered[] {
    return [...this.#attempts]
  }

  /** What its dead letter has taken, in order. */
  get deadLetters(): readonly Delivered[] {
    return this.#deadLetters.filter(({ error }) => error === undefined)
  }

  /** Lets attempts fail from now on, without asking what is behind. */
  fail(fault: TargetFault = {}): void {
    this.#fault = fault
    this.#failuresLeft = fault.times ?? Number.POSITIVE_INFINITY
  }

  /** Ends a fault before its number of failures is used up. */
  recover(): void {
    this.#failuresLeft = 0
  }

  /** Takes what comes from now on, so that nothing goes to the real one; a handler may look at it, answer or throw. */
  replace(standIn: StandIn = () => undefined): void {
    this.#standIn = standIn
  }

  /** What the sink answers without being asked; `undefined` when it is to be asked. */
  async answer(record: OutgoingRecord): Promise<Outcome | undefined> {
    if (this.#failuresLeft > 0) {
      this.#failuresLeft--
      return { status: 'failed', error: faultError(this.#fault ?? {}) }
    }
    if (this.#standIn === undefined) return undefined
    return await outcomeOf(() => this.#standIn?.(bodyOf(record), record))
  }

  note(part: 'sink' | 'dead-letter', record: OutgoingRecord, outcome: Outcome, atMs: number): void {
    const list = part === 'sink' ? this.#attempts : this.#deadLetters
    if (list.length === recordsMax) list.shift()
    list.push({
      event: JSON.parse(textOf(record.event)) as Record<string, unknown>,
      body: bodyOf(record),
      parameters: record.parameters,
      attempt: record.attempt,
      atMs,
      ...(outcome.status === 'ok' ? {} : { error: outcome.error.code }),
    })
  }
}

/** Runs what stands in for something, as a sink would tell it. */
export async function outcomeOf(work: () => unknown): Promise<Outcome> {
  try {
    const result = await work()
    return result === undefined ? { status: 'ok' } : { status: 'ok', reply: replyOf(result) }
  } catch (thrown) {
    const error =
      thrown instanceof AppError
        ? thrown
        : new AppError('test.handler-failed', String(thrown), retryBackoff, { cause: thrown })
    return { status: 'failed', error }
  }
}

export function bodyOf({ body }: OutgoingRecord): unknown {
  const text = textOf(body)
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function faultError({ message = 'the test lets this attempt fail', retry }: TargetFault): AppError {
  return new AppError('test.fault', message, retry === 'never' ? retryNever : retryBackoff)
}

function replyOf(result: unknown): Uint8Array {
  if (result instanceof Uint8Array) return result
  return Buffer.from(typeof result === 'string' ? result : JSON.stringify(result))
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
