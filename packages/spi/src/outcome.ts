import type { AppError } from './errors.ts'

/** What became of one record given to a sink. */
export type Outcome =
  | {
      readonly status: 'ok'
      /** The target's answer in a few words for traces, such as `200 OK`; at most 200 characters, no payload. */
      readonly detail?: string
      /** What the target gave back, where that means something (a function's result). */
      readonly reply?: Uint8Array
    }
  | { readonly status: 'failed'; readonly error: AppError; readonly detail?: string }

export const ok: Outcome = { status: 'ok' }

/** The outcome of a record that could not be written. */
export function failed(error: AppError): Outcome {
  return { status: 'failed', error }
}
