/** What the HTTP face tells of its work. Called once for each answered request. */
export interface HttpObserver {
  /** `route` is the pattern of the path, or `none` where there was no such path: never what a caller made up. */
  answered(method: string, route: string, status: number, durationMs: number): void
}

/** Observes nothing. */
export const silentHttpObserver: HttpObserver = { answered: () => {} }
