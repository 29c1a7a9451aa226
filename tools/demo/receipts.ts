/** What one rule's receiving end saw. */
export interface Receipts {
  /** Attempts that were answered with a failure. */
  refused: number
  /** Accepted deliveries, event id → how often; dead letters as `rule/id`. */
  readonly arrivals: Map<string, number>
  readonly latenciesMs: number[]
}

/** What all receiving ends saw together, by rule. */
export class ReceiptBook {
  private readonly receipts = new Map<string, Receipts>()

  of(rule: string): Receipts {
    let found = this.receipts.get(rule)
    if (found === undefined) {
      found = { refused: 0, arrivals: new Map(), latenciesMs: [] }
      this.receipts.set(rule, found)
    }
    return found
  }
}
