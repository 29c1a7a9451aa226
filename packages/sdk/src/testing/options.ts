import type { WiringDocument, WiringItem } from '../index.ts'

/**
 * Stands in for the code of a function, in the process of the test. Gets the payload, read as JSON where it is JSON, else as
 * text. What it returns is the result; what it throws is a failed invocation, which is retried as one of the function.
 */
export type TestHandler = (payload: unknown) => unknown

export interface TestMillraceOptions {
  /** What is there from the start: items, a document, or the path of a wiring file or of its folder. */
  readonly wiring?: readonly WiringItem[] | WiringDocument | string
  /** By name of the function. Deliveries call these instead of instances; `client.functions.invoke` does not. */
  readonly functions?: Readonly<Record<string, TestHandler>>
  /** Milliseconds since the epoch at which the clock stands; 2026-01-01T00:00:00Z unless told. */
  readonly startMs?: number
  /** Settings of the server beside those of a test, such as `MILLRACE_REGION`. */
  readonly environment?: Readonly<Record<string, string>>
}
