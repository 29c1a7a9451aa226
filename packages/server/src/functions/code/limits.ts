/** How large a code package may be. A store keeps at most 512 MiB under one name. */
export interface CodeLimits {
  readonly filesMax: number
  /** All files together. */
  readonly bytesMax: number
  readonly pathBytesMax: number
  /** Folders in a path. */
  readonly depthMax: number
}

export const defaultCodeLimits: CodeLimits = {
  filesMax: 20_000,
  bytesMax: 500 * 1_024 * 1_024,
  pathBytesMax: 512,
  depthMax: 32,
}
