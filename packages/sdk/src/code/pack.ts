import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { ZipFile } from 'yazl'
import { contentOf, listCode, type SourceFile } from './read.ts'

/** Bytes of code that are read at all, unpacked; the server has a limit of its own, which its operator can raise. */
const bytesMax = 2 * 1_024 * 1_024 * 1_024

/** A code package that is ready to be sent. */
export interface PackedCode {
  readonly zip: Buffer
  /** Undefined for a zip that was there already. */
  readonly files: number | undefined
}

/** A file, a folder, or a zip, which is taken as it is. The same files make the same bytes, whenever they were written. */
export async function packCode(path: string): Promise<PackedCode> {
  if (path.endsWith('.zip')) return { zip: await readFile(path), files: undefined }
  return await packFiles(await listCode(path))
}

async function packFiles(files: readonly SourceFile[]): Promise<PackedCode> {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  if (bytes > bytesMax) {
    throw new Error(
      `the code has ${bytes} bytes; the limit is ${bytesMax}. Leave out what is not needed by .millraceignore`,
    )
  }
  const zip = new ZipFile()
  for (const file of files) {
    // The zip format knows local time only; nothing of the moment may be in the bytes.
    zip.addBuffer(await contentOf(file), file.path, {
      mtime: new Date(1980, 0, 1),
      forceDosTimestamp: true,
      mode: modeOf(file),
      compress: file.link === undefined,
    })
  }
  zip.end()
  return { zip: await buffer(zip.outputStream), files: files.length }
}

function modeOf(file: SourceFile): number {
  if (file.link !== undefined) return 0o120777
  return file.isExecutable ? 0o100755 : 0o100644
}
