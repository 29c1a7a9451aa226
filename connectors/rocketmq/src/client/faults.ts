import type { Fault } from '../child/index.ts'
import type { OwnCode } from './calls.ts'

/** A failure that this program finds before the library does. */
export class OwnFault extends Error {
  override readonly name = 'OwnFault'
  readonly code: OwnCode

  constructor(code: OwnCode, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * What the parent gets to see of an error. The library wraps the cause of a failed start twice, so the innermost error with a
 * code speaks for all. Total.
 */
export function toFault(thrown: unknown): Fault {
  let spoken: unknown = thrown
  let inner: unknown = thrown
  for (let depth = 0; depth < 5 && inner instanceof Error; depth++) {
    if (codeOf(inner) !== undefined) spoken = inner
    inner = inner.cause
  }
  if (!(spoken instanceof Error)) return { name: 'Error', message: String(spoken) }
  const code = codeOf(spoken)
  const fault = { name: spoken.name, message: spoken.message.slice(0, 1_000) }
  return code === undefined ? fault : { ...fault, code }
}

function codeOf(error: Error): string | number | undefined {
  if (!('code' in error)) return undefined
  return typeof error.code === 'number' || typeof error.code === 'string' ? error.code : undefined
}
