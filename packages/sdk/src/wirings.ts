/** One resource that a named wiring has brought to a server. */
export interface WiringNoteItem {
  kind: string
  /** Bus of a rule, function of a trigger, topic of a subscription. */
  parent?: string
  name: string
  /** Of what the wiring said when it was applied; empty while that is under way. */
  digest: string
  /** Of the resource after it was applied. */
  revision: number
}

/** What a named wiring has brought to a server. */
export interface WiringNote {
  items: WiringNoteItem[]
}
