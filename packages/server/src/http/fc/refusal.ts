import type { AppError } from '@millrace/spi'
import { wireCode } from './wire-code.ts'

/** What a client of this interface is told: the names and statuses of section 2.5 of the compatible protocol. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export function invalidArgument(message: string): Refusal {
  return new Refusal(400, 'InvalidArgument', message)
}

/** The code of every action that is not offered. */
export const notOfferedCode = 'OperationNotSupported'

/** `what` in plural: what the action is about. */
export function notOffered(what: string): Refusal {
  return new Refusal(400, notOfferedCode, `this server does not offer ${what}`)
}

/** `kind` as codes spell it, such as `Function`. */
export function missing(kind: string, message: string): Refusal {
  return new Refusal(404, `${kind}NotFound`, message)
}

/** The same error in the words of this interface. `status` is that of the platform's own catalogue. */
export function refusalOf(error: AppError, status: number): Refusal {
  const wire = wireCode(error.code, error.details ?? {}, status)
  return new Refusal(wire.status, wire.code, wire.message ?? error.message)
}

/** The body of a refusal: newer clients read `Code` and `Message`, older ones `ErrorCode` and `ErrorMessage`. */
export function refusalBody({ code, message }: Refusal, requestId: string): string {
  return JSON.stringify({
    Code: code,
    Message: message,
    RequestId: requestId,
    ErrorCode: code,
    ErrorMessage: message,
  })
}
