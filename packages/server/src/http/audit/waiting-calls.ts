import type { EndedCall } from './api-call.ts'

/** Calls that wait to be recorded. Further ones are dropped and counted. */
export const waitingCallsMax = 8_192
/** Failed attempts to sign that wait, apart from the others: whoever guesses secrets must not drive out what others did. */
export const waitingAttemptsMax = 256

export interface WaitingCall {
  readonly call: EndedCall
  /** It is recorded, or never will be. */
  readonly done: () => void
}

/** What is yet to be recorded, in the order of its end; bounded. */
export class WaitingCalls {
  readonly #calls: WaitingCall[] = []
  readonly #attempts: WaitingCall[] = []

  get size(): number {
    return this.#calls.length + this.#attempts.length
  }

  /** False when there is no room: the call is not taken. */
  add(kind: 'call' | 'attempt', waiting: WaitingCall): boolean {
    const [list, max] =
      kind === 'call' ? [this.#calls, waitingCallsMax] : [this.#attempts, waitingAttemptsMax]
    if (list.length >= max) return false
    list.push(waiting)
    return true
  }

  /** Takes at most so many out. */
  take(max: number): WaitingCall[] {
    const attempts = this.#attempts.splice(0, max)
    return [...attempts, ...this.#calls.splice(0, max - attempts.length)]
  }
}
