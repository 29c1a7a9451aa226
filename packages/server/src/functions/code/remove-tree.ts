import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Removes a folder of read-only folders: without the right to write, only root could empty them. */
export async function removeTree(path: string): Promise<void> {
  if (process.getuid?.() !== 0) await makeWritable(path)
  await rm(path, { recursive: true, force: true })
}

async function makeWritable(path: string): Promise<void> {
  await chmod(path, 0o755).catch(() => undefined)
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await makeWritable(join(path, entry.name))
  }
}
