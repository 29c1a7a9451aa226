import { AppError } from '@millrace/spi'

/**
 * Bytes of bodies that are in memory at once, over all connections: each body is bounded, but there may be thousands.
 * What does not fit is refused and told to come back; nothing waits.
 */
export class BodyBudget {
  private readonly bytesMax: number
  private used = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** Takes so many bytes, or throws `http.overloaded` and takes none. */
  take(bytes: number): void {
    if (this.used + bytes > this.bytesMax) throw overloaded(this.bytesMax, this.used)
    this.used += bytes
  }

  give(bytes: number): void {
    this.used -= bytes
  }
}

function overloaded(limit: number, seen: number): AppError {
  return new AppError(
    'http.overloaded',
    `requests in progress hold ${seen} bytes of bodies, at most ${limit} are kept; try again soon`,
    { kind: 'after', delayMs: 1_000 },
    { details: { limit, seen } },
  )
}
