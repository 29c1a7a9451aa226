/** One kind of failure, and what the sentence says of it. */
export interface Verdict {
  readonly kind:
    | 'unavailable'
    | 'timeout'
    | 'failed'
    | 'throttled'
    | 'unauthorized'
    | 'untrusted'
    | 'missing'
    | 'rejected'
    | 'lost'
  readonly what: string
}

export function verdictOf(kind: Verdict['kind'], what: string): Verdict {
  return { kind, what }
}
