import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sandbox } from './sandbox/index.ts'

/**
 * Ends the instances that an earlier, killed server has left, and removes their folders and control groups. An
 * instance ends by itself when its server goes, unless its code never returns to its event loop and no sandbox ties
 * its life to that of the server. A process is known by its control group, or by its environment: the number alone
 * could be a stranger's by now.
 */
export async function removeLeftovers(runFolder: string, sandbox: Sandbox): Promise<void> {
  await mkdir(runFolder, { recursive: true, mode: 0o700 })
  const names = await readdir(runFolder)
  if (names.length > 0) await killInstances(runFolder)
  await sandbox.removeLeftovers?.()
  for (const name of names) await rm(join(runFolder, name), { recursive: true, force: true })
}

/** Looks through `/proc`; where there is none, nothing is found. */
async function killInstances(runFolder: string): Promise<void> {
  const mark = `MILLRACE_SOCKET=${runFolder}/`
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue
    const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '')
    if (!environment.split('\0').some(variable => variable.startsWith(mark))) continue
    for (const target of [-Number(entry), Number(entry)]) {
      try {
        process.kill(target, 'SIGKILL')
      } catch {
        // It ended meanwhile, or does not lead its group.
      }
    }
  }
}
