import type { Fault } from './protocol.ts'

/** The child answered that a call failed. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused'
  readonly fault: Fault

  constructor(fault: Fault) {
    super(fault.message)
    this.fault = fault
  }
}

/**
 * There is no child to answer: it ended while the call was under way (`gone`), was not ready in time (`late`), is not started
 * yet because the last ones failed (`pausing`, with the reason as the cause), has too many calls already (`full`), or the host
 * is disposed (`closed`).
 */
export class ChildMissing extends Error {
  override readonly name = 'ChildMissing'
  readonly why: 'gone' | 'late' | 'pausing' | 'full' | 'closed'
  /** How long until another one is started, for `pausing`. */
  readonly delayMs: number | undefined

  constructor(why: ChildMissing['why'], message: string, options?: ErrorOptions & { delayMs?: number }) {
    super(message, options)
    this.why = why
    this.delayMs = options?.delayMs
  }
}
