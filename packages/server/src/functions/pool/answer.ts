import type { ErrorHeader, HeadHeader } from '@millrace/spi'
import type { FunctionFailure } from '../failure.ts'

/** What an invocation has used. */
export interface Usage {
  /** From the call of the handler to its result; measured at the code where it answered. */
  readonly durationMs: number
  /**
   * What of that is to be billed: where invocations overlap in one instance, the time of their union is divided
   * among them, none of it twice (function-compute section 6).
   */
  readonly billedMs: number
  /** Largest resident memory of the instance so far; 0 when it never said. */
  readonly memoryKiB: number
}

/** What became of one invocation in an instance. */
export type Answer =
  | (Usage & {
      readonly status: 'ok'
      readonly payload: Uint8Array
      readonly contentType: string | undefined
      /** Set when the answer came in parts, or answers an HTTP request. */
      readonly head: HeadHeader | undefined
    })
  | (Usage & { readonly status: 'failed'; readonly failure: FunctionFailure })
  /** The process ended before it had begun: another instance may take the invocation. */
  | { readonly status: 'not-begun' }

/** A header's member that should be a positive number; the code's side is not trusted. */
export function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0
}

/** What the code's side says of an error is not trusted: missing or wrong members get harmless values. */
export function parseErrorHeader(header: Readonly<Record<string, unknown>>): ErrorHeader {
  const { kind, errorType, errorMessage, stackTrace } = header
  return {
    kind: kind === 'handled' || kind === 'initialization' ? kind : 'unhandled',
    errorType: typeof errorType === 'string' ? errorType : 'Error',
    errorMessage: typeof errorMessage === 'string' ? errorMessage : '',
    stackTrace: Array.isArray(stackTrace) ? stackTrace : [],
    durationMs: countOf(header['durationMs']),
    memoryKiB: countOf(header['memoryKiB']),
  }
}

/** Likewise of the beginning of an answer: a status outside 100..599 and headers that are no text are left out. */
export function parseHead(header: Readonly<Record<string, unknown>>): HeadHeader {
  const { statusCode, headers, contentType } = header
  const status =
    typeof statusCode === 'number' && Number.isInteger(statusCode) && statusCode >= 100 && statusCode <= 599
  return {
    ...(status ? { statusCode } : {}),
    ...(typeof headers === 'object' && headers !== null ? { headers: textHeaders(headers) } : {}),
    ...(typeof contentType === 'string' ? { contentType } : {}),
  }
}

function textHeaders(headers: object): Record<string, string | readonly string[]> {
  const kept: Record<string, string | readonly string[]> = Object.create(null) as Record<string, string>
  for (const [name, value] of Object.entries(headers) as [string, unknown][]) {
    if (typeof value === 'string') kept[name] = value
    else if (Array.isArray(value)) kept[name] = value.filter(part => typeof part === 'string')
  }
  return kept
}
