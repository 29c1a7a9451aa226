/** How large a code package may be. Every value can be set by the operator. A store keeps at most 512 MiB under one name. */
export interface CodeLimits {
  /** Of the zip, as it is uploaded. */
  readonly uploadBytesMax: number
  /** Files, folders and links in one package. */
  readonly filesMax: number
  /** All files of a package together, unpacked. */
  readonly bytesMax: number
  readonly pathBytesMax: number
  /** Folders in a path. */
  readonly depthMax: number
  /** Unpacked bytes for each packed one, for what unpacks to more than `ratioFreeBytes`. */
  readonly ratioMax: number
  readonly ratioFreeBytes: number
  /** Layers that one function may have (function-compute section 9.1). */
  readonly layersMax: number
  /** All files of the layers of one function together, unpacked. */
  readonly layersBytesMax: number
}

export const defaultCodeLimits: CodeLimits = {
  uploadBytesMax: 100 * 1_024 * 1_024,
  filesMax: 50_000,
  bytesMax: 500 * 1_024 * 1_024,
  pathBytesMax: 512,
  depthMax: 32,
  ratioMax: 200,
  ratioFreeBytes: 16 * 1_024 * 1_024,
  layersMax: 5,
  layersBytesMax: 2 * 1_024 * 1_024 * 1_024,
}
