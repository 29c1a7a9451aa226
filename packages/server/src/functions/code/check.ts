import { functionError } from '../errors.ts'
import type { CodeLimits } from './limits.ts'

/** Longest name of one file or folder that common file systems take, in bytes. */
const segmentBytesMax = 255

/**
 * Refuses a package that could be unpacked outside its folder, or only in part. Paths are relative, with `/`, and
 * every part is a plain name. A map of files can hold no links; whoever reads an archive refuses them there.
 */
export function checkFiles(files: ReadonlyMap<string, Uint8Array>, limits: CodeLimits): void {
  if (files.size === 0) throw invalid('the code package has no files', {})
  if (files.size > limits.filesMax) {
    throw invalid(`the code package has ${files.size} files; the limit is ${limits.filesMax}`, {
      limit: limits.filesMax,
      seen: files.size,
    })
  }
  let bytes = 0
  for (const content of files.values()) bytes += content.length
  if (bytes > limits.bytesMax) {
    throw invalid(`the code package has ${bytes} bytes; the limit is ${limits.bytesMax}`, {
      limit: limits.bytesMax,
      seen: bytes,
    })
  }
  for (const path of files.keys()) {
    const reason = wrongPath(path, limits)
    if (reason !== undefined) throw invalid(`path ${JSON.stringify(path.slice(0, 200))} ${reason}`, { path })
  }
  for (const path of files.keys()) {
    for (const folder of folders(path)) {
      if (files.has(folder)) throw invalid(`${folder} is both a file and a folder`, { path: folder })
    }
  }
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

function invalid(message: string, details: Record<string, unknown>): Error {
  return functionError('function.code-invalid', message, details)
}
