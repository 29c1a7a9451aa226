import { writeFileSync } from 'node:fs'
import { chmod, mkdir, open, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Archive, PackedFile } from './archive.ts'
import { folders } from './check.ts'
import { contentsOf } from './contents.ts'

/** A file up to this size is written at once; so many of them, before other work gets its turn. */
const smallBytesMax = 256 * 1_024
const smallFilesAtOnce = 16

/**
 * Writes a checked archive into a folder that is not there yet: read-only, programs executable. `folder` itself stays
 * writable, so that it can be moved. Rejects when the contents are not what the directory of the zip states.
 */
export async function unpack(zip: Buffer, archive: Archive, folder: string): Promise<void> {
  const below = foldersOf(archive)
  await mkdir(folder, { recursive: true, mode: 0o755 })
  for (const path of below) await mkdir(join(folder, path), { mode: 0o755 })
  let smallFiles = 0
  for (const file of archive.files) {
    if (file.link !== undefined) await symlink(file.link, join(folder, file.path))
    else if (file.bytes > smallBytesMax) await writeLarge(zip, file, join(folder, file.path))
    else {
      await writeSmall(zip, file, join(folder, file.path))
      if (++smallFiles % smallFilesAtOnce === 0) await new Promise(resolve => setImmediate(resolve))
    }
  }
  for (const path of below.reverse()) await chmod(join(folder, path), 0o555)
}

/** Those that are named and those that files lie in, outer ones first. */
function foldersOf({ files, folders: named }: Archive): string[] {
  const found = new Set<string>()
  for (const path of [...named, ...files.map(file => file.path)]) {
    for (const folder of folders(path)) found.add(folder)
  }
  for (const path of named) found.add(path)
  return [...found].sort()
}

function modeOf(file: PackedFile): number {
  return file.isExecutable ? 0o555 : 0o444
}

async function writeSmall(zip: Buffer, file: PackedFile, path: string): Promise<void> {
  const content = Buffer.concat(await Array.fromAsync(contentsOf(zip, file)))
  writeFileSync(path, content, { flag: 'wx', mode: modeOf(file) })
}

async function writeLarge(zip: Buffer, file: PackedFile, path: string): Promise<void> {
  await using target = await open(path, 'wx', modeOf(file))
  for await (const chunk of contentsOf(zip, file)) await target.writeFile(chunk)
}
