import type { QueueMessage } from '@millrace/sdk'

/** A message as bytes, as it was sent. */
export function bytesOf({ body, bodyBase64 }: QueueMessage): Uint8Array {
  return body === undefined ? Buffer.from(bodyBase64 ?? '', 'base64') : Buffer.from(body)
}
