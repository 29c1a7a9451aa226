import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** What there is on the machine of the instances of one server. */
export interface Leftovers {
  /** Numbers of processes. */
  readonly processes: number[]
  /** Control groups of instances. */
  readonly groups: string[]
  readonly mounts: string[]
}

export async function leftovers(data: string): Promise<Leftovers> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8')
  return {
    processes: await processes(data),
    groups: await groups(data),
    mounts: mounts.split('\n').filter(line => line.includes(data)),
  }
}

/** An instance names its server's folder in its environment, or the code that it sees lies there. */
async function processes(data: string): Promise<number[]> {
  const found: number[] = []
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '')
    const mounts = await readFile(`/proc/${entry}/mountinfo`, 'latin1').catch(() => '')
    const sees = mounts.split('\n').some(line => line.split(' ')[3]?.includes(`${data}/`) === true)
    if (sees || environment.includes(`MILLRACE_SOCKET=${data}/run/`)) found.push(Number(entry))
  }
  return found
}

async function groups(data: string): Promise<string[]> {
  const record = await readFile(join(data, 'sandbox/groups.json'), 'utf8').catch(() => '{}')
  const folders = Object.values(JSON.parse(record) as Record<string, unknown>)
  const found: string[] = []
  for (const folder of new Set(folders)) {
    if (typeof folder !== 'string' || !existsSync(folder)) continue
    const entries = await readdir(folder, { withFileTypes: true })
    found.push(...entries.filter(entry => entry.isDirectory()).map(({ name }) => join(folder, name)))
  }
  return found
}

/** Resolves when the condition holds; the test's own time-out is the limit. */
export async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(20)
}
