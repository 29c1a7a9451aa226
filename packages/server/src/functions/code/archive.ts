import { type Entry, fromBufferPromise, getFileNameLowLevel, type ZipFile } from 'yauzl'
import { checkBytes, checkCount, invalid, PathCheck } from './check.ts'
import { contentsOf } from './contents.ts'
import type { CodeLimits } from './limits.ts'
import { checkLinks } from './links.ts'

/** One file or link of a package, as the directory of its zip states it. */
export interface PackedFile {
  readonly path: string
  /** May be run as a program. */
  readonly isExecutable: boolean
  /** Where a symbolic link leads; `undefined` for a file. */
  readonly link: string | undefined
  /** Unpacked. */
  readonly bytes: number
  readonly packedBytes: number
  readonly isDeflated: boolean
  readonly crc32: number
  /** Where its bytes begin in the zip. */
  readonly start: number
}

/** What a zip holds, checked: it can be unpacked below any folder and touches nothing else. */
export interface Archive {
  /** In the order of the zip. */
  readonly files: readonly PackedFile[]
  /** Also those without files. */
  readonly folders: readonly string[]
  /** All files together, unpacked. */
  readonly bytes: number
}

/**
 * Reads the directory of a zip and refuses, with the entry and the reason (`function.code-invalid`), what is no package:
 * hostile paths, names that are there twice, devices, encryption, sizes that are lies or above the limits, entries that
 * share bytes, links that lead out. Whether the contents are what the directory states is known only when they are read.
 */
export async function readArchive(zip: Buffer, limits: CodeLimits): Promise<Archive> {
  const directory = await openDirectory(zip)
  checkCount(directory.entryCount, limits)
  const paths = new PathCheck(limits)
  const files: PackedFile[] = []
  const folders: string[] = []
  let bytes = 0
  try {
    for await (const entry of directory.eachEntry()) {
      const name = nameOf(entry)
      const kind = kindOf(entry, name)
      const path = name.endsWith('/') ? name.slice(0, -1) : name
      paths.add(path, kind === 'folder')
      if (kind === 'folder') {
        folders.push(path)
        continue
      }
      checkEntry(entry, path, limits)
      bytes += entry.uncompressedSize
      checkBytes(bytes, limits)
      const file = { ...(await placeOf(directory, entry)), path, link: undefined }
      files.push(kind === 'link' ? { ...file, link: await targetOf(zip, file) } : file)
    }
  } catch (error) {
    throw readable(error)
  }
  checkCount(files.length, limits)
  checkRatio('the code package', bytes, zip.length, limits)
  checkOverlap(files)
  checkLinks(linksOf(files))
  return { files, folders, bytes }
}

export function linksOf(files: readonly PackedFile[]): Map<string, string> {
  const links = new Map<string, string>()
  for (const { path, link } of files) if (link !== undefined) links.set(path, link)
  return links
}

async function openDirectory(zip: Buffer): Promise<ZipFile> {
  try {
    // Names stay bytes here: the reader's own check would stop at a wrong one without saying which it is.
    return await fromBufferPromise(zip, { decodeStrings: false, lazyEntries: true })
  } catch (error) {
    throw readable(error)
  }
}

/** The reader's failures are strings without codes; what is ours passes. */
function readable(error: unknown): unknown {
  if (error instanceof Error && 'code' in error) return error
  const reason = error instanceof Error ? error.message : String(error)
  return invalid(`the code package is no zip archive, or is damaged or cut off: ${reason}`, {})
}

function nameOf(entry: Entry): string {
  return getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true)
}

const unixHost = 3
const kinds = { 0x8000: 'file', 0x4000: 'folder', 0xa000: 'link' } as const

/** By the mode that Unix tools write; other tools mark folders by their names alone. */
function kindOf(entry: Entry, name: string): 'file' | 'folder' | 'link' {
  const type = modeOf(entry) & 0xf000
  if (type === 0) return name.endsWith('/') ? 'folder' : 'file'
  const kind = kinds[type as keyof typeof kinds] as 'file' | 'folder' | 'link' | undefined
  if (kind === undefined) throw refused(name, 'is a device, a pipe or a socket')
  if (kind !== 'folder' && name.endsWith('/')) throw refused(name, `is a ${kind} with the name of a folder`)
  return kind
}

/** 0 when the zip was not made on Unix. */
function modeOf(entry: Entry): number {
  return entry.versionMadeBy >>> 8 === unixHost ? entry.externalFileAttributes >>> 16 : 0
}

function checkEntry(entry: Entry, path: string, limits: CodeLimits): void {
  if (entry.isEncrypted()) throw refused(path, 'is encrypted')
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    throw refused(
      path,
      `is packed by method ${entry.compressionMethod}; stored and deflated ones can be read`,
    )
  }
  if (!Number.isSafeInteger(entry.uncompressedSize) || entry.uncompressedSize > limits.bytesMax) {
    throw refused(path, `has ${entry.uncompressedSize} bytes; the limit is ${limits.bytesMax}`)
  }
  checkRatio(`entry ${JSON.stringify(path)}`, entry.uncompressedSize, entry.compressedSize, limits)
}

function checkRatio(what: string, bytes: number, packedBytes: number, limits: CodeLimits): void {
  if (bytes <= limits.ratioFreeBytes || bytes <= packedBytes * limits.ratioMax) return
  const ratio = Math.round(bytes / Math.max(1, packedBytes))
  throw invalid(`${what} unpacks to ${ratio} times its size; the limit is ${limits.ratioMax} times`, {
    limit: limits.ratioMax,
    seen: ratio,
  })
}

/** Zips without Unix modes do not say what is a program: then everything may be one. */
async function placeOf(directory: ZipFile, entry: Entry): Promise<Omit<PackedFile, 'path' | 'link'>> {
  const { fileDataStart } = await directory.readLocalFileHeaderPromise(entry, { minimal: true })
  const mode = modeOf(entry)
  return {
    isExecutable: mode === 0 || (mode & 0o111) !== 0,
    bytes: entry.uncompressedSize,
    packedBytes: entry.compressedSize,
    isDeflated: entry.compressionMethod === 8,
    crc32: entry.crc32,
    start: fileDataStart,
  }
}

/** Longest path of a link that is read at all; `checkLinks` says what is too long. */
const linkBytesMax = 4_096

async function targetOf(zip: Buffer, file: PackedFile): Promise<string> {
  if (file.bytes > linkBytesMax) throw refused(file.path, `is a link of ${file.bytes} bytes`)
  const chunks = await Array.fromAsync(contentsOf(zip, file))
  return Buffer.concat(chunks).toString()
}

/** Entries that share bytes are how a small zip comes to hold petabytes; no honest tool makes them. */
function checkOverlap(files: readonly PackedFile[]): void {
  let end = 0
  for (const file of [...files].sort((left, right) => left.start - right.start)) {
    if (file.packedBytes === 0) continue
    if (file.start < end) throw refused(file.path, 'shares its bytes with another entry')
    end = file.start + file.packedBytes
  }
}

function refused(path: string, reason: string): Error {
  return invalid(`entry ${JSON.stringify(path.slice(0, 200))} ${reason}`, { path })
}
