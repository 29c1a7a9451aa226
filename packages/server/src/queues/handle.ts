import { decodeMark } from './mark.ts'

/**
 * What a receipt handle says: which message, and in which state it was handed out. It counts as long as the message is
 * in exactly this state: the next receive, and each change of its visibility, makes another one.
 */
export interface Handle {
  readonly position: number
  /** The mark of the message, as stored. */
  readonly attempts: number
  /** Until when it counts. */
  readonly dueAtMs: number
}

/** Letters, digits and `-` only: whatever way a client writes it into a URL, it means the same. */
const handleExpression = /^(\d{1,2})-([0-9a-z]{1,11})-([0-9a-z]{1,7})-([0-9a-z]{1,11})$/

export function encodeHandle({ position, attempts, dueAtMs }: Handle): string {
  const { priority } = decodeMark(attempts)
  return `${priority}-${position.toString(36)}-${attempts.toString(36)}-${dueAtMs.toString(36)}`
}

/** `undefined` for a text that no queue ever handed out. */
export function decodeHandle(text: string): Handle | undefined {
  const [, priority, position = '', attempts = '', dueAtMs = ''] = handleExpression.exec(text) ?? []
  if (priority === undefined) return undefined
  const handle = {
    position: Number.parseInt(position, 36),
    attempts: Number.parseInt(attempts, 36),
    dueAtMs: Number.parseInt(dueAtMs, 36),
  }
  if (handle.position < 1 || handle.attempts > 0xffff_ffff) return undefined
  return encodeHandle(handle) === text ? handle : undefined
}
