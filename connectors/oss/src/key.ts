import { AppError, retryNever } from '@millrace/spi'
import type { Role } from './errors.ts'

/** Bytes of a key at most, in every service. */
const keyBytesMax = 1_024

/**
 * A key as it stands in a path: every byte but those that need no escape, the way signatures want it. Throws
 * `rejected` of the role for keys that no path can carry: empty ones, too long ones, and those with a step `.` or `..`.
 */
export function keyPath(key: string, role: Role): string {
  const bytes = Buffer.byteLength(key)
  if (bytes === 0) throw refused(role, 'is empty')
  if (bytes > keyBytesMax) throw refused(role, `has ${bytes} bytes, at most ${keyBytesMax} are allowed`)
  if (!key.isWellFormed()) throw refused(role, 'is not Unicode')
  const steps = key.split('/')
  if (steps.some(step => step === '.' || step === '..')) throw refused(role, 'has a step "." or ".."')
  return steps.map(escaped).join('/')
}

/** A text as it stands in a path or a query. */
export function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** Undoes the escapes of a form, which notifications and listings have; what has broken ones stays as it is. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

function refused(role: Role, what: string): AppError {
  return new AppError(`${role}.rejected`, `the key of the object ${what}`, retryNever)
}
