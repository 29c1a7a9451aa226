/** What the server tells the log of a function about one instance. */
export interface InstanceJournal {
  invocationBegan(requestId: string): void
  /** `reason`: why it failed, as the line says it; `undefined` when it did not. */
  invocationEnded(requestId: string, reason: string | undefined): void
  hookBegan(hook: 'PreStop' | 'PreFreeze'): void
  hookEnded(hook: 'PreStop' | 'PreFreeze'): void
}

/** For runtimes whose program writes these lines itself. */
export const silentJournal: InstanceJournal = {
  invocationBegan: () => {},
  invocationEnded: () => {},
  hookBegan: () => {},
  hookEnded: () => {},
}

/** How an instance serves its function, known once it has one. */
export interface InstanceDuties {
  readonly initializerTimeoutMs: number
  /** How long the pre-stop hook may take; `undefined` without one. */
  readonly preStopMs: number | undefined
  /** Whether its processes stand still while it is idle. */
  readonly freezes: boolean
  /** How long the pre-freeze hook may take; `undefined` without one. */
  readonly preFreezeMs: number | undefined
  readonly journal: InstanceJournal
}
