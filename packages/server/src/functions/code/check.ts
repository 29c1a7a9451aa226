import { functionError } from '../errors.ts'
import type { CodeLimits } from './limits.ts'

/** Longest name of one file or folder that common file systems take, in bytes. */
const segmentBytesMax = 255

/** Refuses files that do not make a package: none, too many, too large, or under paths that `PathCheck` refuses. */
export function checkFiles(files: ReadonlyMap<string, Uint8Array>, limits: CodeLimits): void {
  checkCount(files.size, limits)
  let bytes = 0
  for (const content of files.values()) bytes += content.length
  checkBytes(bytes, limits)
  const paths = new PathCheck(limits)
  for (const path of files.keys()) paths.add(path, false)
}

export function checkCount(count: number, limits: CodeLimits): void {
  if (count === 0) throw invalid('the code package has no files', {})
  if (count <= limits.filesMax) return
  throw invalid(`the code package has ${count} files; the limit is ${limits.filesMax}`, {
    limit: limits.filesMax,
    seen: count,
  })
}

/** Of all files, unpacked. */
export function checkBytes(bytes: number, limits: CodeLimits): void {
  if (bytes <= limits.bytesMax) return
  throw invalid(`the code package has ${bytes} bytes; the limit is ${limits.bytesMax}`, {
    limit: limits.bytesMax,
    seen: bytes,
  })
}

/**
 * Refuses paths by which a package could be unpacked outside its folder, or only in part. Paths are relative, with `/`,
 * every part is a plain name, and no path is there twice or both as a file and as a folder.
 */
export class PathCheck {
  readonly #limits: CodeLimits
  readonly #files = new Set<string>()
  readonly #folders = new Set<string>()

  constructor(limits: CodeLimits) {
    this.#limits = limits
  }

  /** Throws `function.code-invalid`, which names the path. */
  add(path: string, isFolder: boolean): void {
    const reason = wrongPath(path, this.#limits)
    if (reason !== undefined) throw invalid(`path ${JSON.stringify(path.slice(0, 200))} ${reason}`, { path })
    for (const folder of folders(path)) this.#addFolder(folder)
    if (isFolder) {
      this.#addFolder(path)
      return
    }
    if (this.#folders.has(path)) throw twofold(path)
    if (this.#files.has(path)) throw invalid(`${JSON.stringify(path)} is there twice`, { path })
    this.#files.add(path)
  }

  #addFolder(path: string): void {
    if (this.#files.has(path)) throw twofold(path)
    this.#folders.add(path)
  }
}

function twofold(path: string): Error {
  return invalid(`${path} is both a file and a folder`, { path })
}

function wrongPath(path: string, limits: CodeLimits): string | undefined {
  if (path === '') return 'is empty'
  if (Buffer.byteLength(path) > limits.pathBytesMax) return `is longer than ${limits.pathBytesMax} bytes`
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'is absolute'
  if (path.includes('\\')) return 'has a backslash; folders are separated by /'
  if (hasControlCharacter(path)) return 'has a control character'
  if (!path.isWellFormed()) return 'is not valid Unicode'
  const segments = path.split('/')
  if (segments.length > limits.depthMax + 1) return `is deeper than ${limits.depthMax} folders`
  if (segments.includes('')) return 'has an empty part'
  if (segments.includes('.') || segments.includes('..')) return 'has a part . or ..'
  if (segments.some(segment => Buffer.byteLength(segment) > segmentBytesMax)) {
    return `has a part longer than ${segmentBytesMax} bytes`
  }
  return undefined
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x20 || code === 0x7f) return true
  }
  return false
}

/** The folders that a path lies in, outermost first. */
export function folders(path: string): string[] {
  const found: string[] = []
  for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
    found.push(path.slice(0, end))
  }
  return found
}

export function invalid(message: string, details: Record<string, unknown>): Error {
  return functionError('function.code-invalid', message, details)
}
