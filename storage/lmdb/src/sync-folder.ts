import { open } from 'node:fs/promises'

/** Makes durable which files a folder has: a new file is found after a loss of power only when its folder knows it. */
export async function syncFolder(folder: string): Promise<void> {
  const directory = await open(folder)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
