import type { StreamSpec } from '@millrace/sdk'

/** Whether a stream is called by others, and so has an address that they must be told. */
export function hasAddress({ source }: StreamSpec): boolean {
  return source.connector === 'http' || source.options?.['mode'] === 'webhook'
}
