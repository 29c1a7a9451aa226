/** How many processes wait for a function they could serve. */
export interface SparesLimits {
  /** Shapes that have spares: those that were used last. */
  readonly shapesMax: number
  /** Waiting processes of one shape. */
  readonly sparesPerShape: number
  /** A shape that no function has used for so long has none. */
  readonly idleMsMax: number
  /** A taken one is replaced after so long: then the start that took it is over. */
  readonly refillDelayMs: number
  /** After a failed start of a spare its shape has none for so long. */
  readonly failurePauseMs: number
}

export const defaultSparesLimits: SparesLimits = {
  shapesMax: 4,
  sparesPerShape: 1,
  idleMsMax: 120_000,
  refillDelayMs: 10,
  failurePauseMs: 30_000,
}
