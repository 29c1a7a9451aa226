import type { IncomingHttpHeaders } from 'node:http'
import { batchMediaType, contentModeOf, structuredMediaType } from '@millrace/cloudevents'
import { unsupportedMediaType } from '../translate.ts'

/** What a publishing request may be, for the sentence of a 415. */
export const eventModes = [
  structuredMediaType,
  batchMediaType,
  'an event in binary mode (ce-specversion, ce-id… as headers)',
] as const

/** How the request carries its events. Throws `http.unsupported-media-type` for anything but the three modes. */
export function publishMode(headers: IncomingHttpHeaders): 'structured' | 'batch' | 'binary' {
  const contentType = headers['content-type']
  if (contentType === structuredMediaType) return 'structured'
  if (contentType === batchMediaType) return 'batch'
  const mode = contentModeOf(contentType)
  if (mode === 'unsupported') throw unsupportedMediaType(contentType, eventModes)
  if (mode === 'binary') {
    if ('ce-specversion' in headers || 'ce-id' in headers) return mode
    throw unsupportedMediaType(contentType, eventModes)
  }
  checkCharset(contentType)
  return mode
}

/** The JSON formats are UTF-8, whatever a header says (RFC 8259, section 8.1). */
function checkCharset(contentType: string | undefined): void {
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(contentType ?? '')?.[1]
  if (charset === undefined || charset.toLowerCase() === 'utf-8') return
  throw unsupportedMediaType(contentType, [
    `${structuredMediaType} in UTF-8`,
    `${batchMediaType} in UTF-8`,
    eventModes[2],
  ])
}
