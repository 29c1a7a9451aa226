import { AppError, retryNever } from '@millrace/spi'

/** Headers that belong to the connection or are made from the body; nobody else may set them. */
const reserved: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Says in a few words what is wrong with the name of a header, or undefined. */
export function headerNameFault(name: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(name)) return 'is no name of an HTTP header'
  if (reserved.has(name.toLowerCase())) return 'belongs to the connection and cannot be set'
  return undefined
}

/** Says in a few words what is wrong with the value of a header, or undefined. A line break would begin another header. */
export function headerValueFault(value: string): string | undefined {
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    if ((unit < SPACE && unit !== TAB) || unit === DELETE)
      return 'has a line break or another control character'
  }
  return undefined
}

/** The value as HTTP carries it: the bytes of its UTF-8, one character for each. */
export function headerBytes(value: string): string {
  return /^[\t\x20-\x7e]*$/.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1')
}

/** The refusal of an event whose parameters cannot become a request; the same event will fail again. */
export function parameterRefused(parameter: string, fault: string): AppError {
  return new AppError('sink.rejected', `The parameter ${parameter} ${fault}.`, retryNever, {
    details: { parameter },
  })
}

const TAB = 0x09
const SPACE = 0x20
const DELETE = 0x7f
