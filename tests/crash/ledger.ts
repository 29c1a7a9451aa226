/** What was promised and what arrived: kept outside the server, so that no crash touches it. */
export class Ledger {
  /** Position that the producer was told, by event id. */
  readonly acknowledged = new Map<string, number>()
  /** Events whose publication got no answer: they may be stored or not, but not half. */
  unanswered = 0
  /** Arrivals in all, repeated ones included. */
  arrivals = 0
  private readonly arrived = new Map<string, Map<string, number>>()

  arrive(rule: string, id: string): void {
    this.arrivals++
    const ids = this.of(rule)
    ids.set(id, (ids.get(id) ?? 0) + 1)
  }

  /** How often each event arrived by a rule. */
  of(rule: string): Map<string, number> {
    let ids = this.arrived.get(rule)
    if (ids === undefined) {
      ids = new Map()
      this.arrived.set(rule, ids)
    }
    return ids
  }
}
