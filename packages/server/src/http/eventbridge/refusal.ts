import type { AppError } from '@millrace/spi'
import { wireCode, type Subject } from './wire-code.ts'

/** What a client of this interface is told: the names and statuses of section 2.6 of the compatible protocol. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
  readonly status: number
  readonly code: string

  constructor(code: string, message: string, status: number = businessStatus) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** The status of nearly every refusal of this interface, whatever it is about. */
export const businessStatus = 409

/** The same error in the words of this interface. `status` is that of the platform's own catalogue. */
export function refusalOf(error: AppError, status: number, subject: Subject): Refusal {
  const wire = wireCode(error.code, error.details ?? {}, status, subject)
  return new Refusal(wire.code, error.message, wire.status)
}
