import { AppError, retryNever } from '@millrace/spi'
import { transformResultBytesMax } from './transform.ts'

/** The bytes of what a template made. Throws `transform.result-too-large`. */
export function resultBytes(text: string): Uint8Array {
  const length = Buffer.byteLength(text)
  if (length <= transformResultBytesMax) return Buffer.from(text)
  throw new AppError(
    'transform.result-too-large',
    `The template made ${length} bytes of the event; at most ${transformResultBytesMax} are allowed.`,
    retryNever,
    { details: { limit: transformResultBytesMax, seen: length } },
  )
}
