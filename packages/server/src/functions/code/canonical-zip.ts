import { buffer } from 'node:stream/consumers'
import { ZipFile } from 'yazl'

/**
 * A zip of the files, checked before by `checkFiles`. The same files give the same bytes, so that the name of the blob
 * stands for the code. All of them may be run: a map of files does not say which are programs.
 */
export async function canonicalZip(files: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  const zip = new ZipFile()
  // The zip format knows local time only; nothing of the moment may be in the bytes.
  const options = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true, mode: 0o100755, compress: true }
  for (const [path, content] of [...files].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
    zip.addBuffer(bytes, path, options)
  }
  zip.end()
  return await buffer(zip.outputStream)
}
