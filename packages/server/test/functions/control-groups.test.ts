import { execFileSync } from 'node:child_process'
import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  type ControlGroups,
  findControlGroups,
  type GroupFolders,
  thisHost,
} from '../../src/functions/sandbox/limits/index.ts'

const limits = { memoryMiB: 64, cpu: 0.35, diskMiB: 8, network: 'off' } as const

interface Made {
  readonly groups: ControlGroups
  readonly folders: GroupFolders
}

/** Control groups of a server with this data folder; `undefined` on a machine that does not let us make any. */
async function make(dataFolder: string): Promise<Made | undefined> {
  const groups = findControlGroups(dataFolder, thisHost())
  if (groups === undefined) return undefined
  const record = await readFile(join(dataFolder, 'sandbox', 'groups.json'), 'utf8')
  return { groups, folders: JSON.parse(record) as GroupFolders }
}

async function isMissing(): Promise<boolean> {
  if (process.platform !== 'linux') return true
  await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-groups-'))
  const made = await make(folder.path)
  await made?.groups.close()
  return made === undefined
}

const missing = await isMissing()
const title = 'on this machine'

async function opened(): Promise<Made> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'millrace-groups-'))
  onTestFinished(() => folder.remove())
  const made = await make(folder.path)
  if (made === undefined) throw new Error('control groups could be made a moment ago')
  onTestFinished(() => made.groups.close())
  return made
}

/** Contents of a file of the processor's control group; `version` 1 and 2 name it differently. */
async function cpuFile({ folders }: Made, name: string, first: string, second: string): Promise<string> {
  const file = folders.version === 1 ? first : second
  return (await readFile(join(folders.cpu, name, file), 'utf8')).trim()
}

const needs = 'needs control groups: this machine lets the tests make none'
const suffix = missing ? ` (${needs})` : ''

test.skipIf(missing)(
  `${title} all instances together weigh as much as the server, each by its cores${suffix}`,
  async () => {
    const made = await opened()
    const instance = made.groups.open('one', limits)
    onTestFinished(() => instance.close())

    expect(await cpuFile(made, '', 'cpu.shares', 'cpu.weight')).toMatch(/^(?:1024|100)$/)
    expect(await cpuFile(made, 'one', 'cpu.shares', 'cpu.weight')).toMatch(/^(?:358|35)$/)
  },
)

test.skipIf(missing)(`${title} an instance may use a whole core until it has booted${suffix}`, async () => {
  const made = await opened()
  const instance = made.groups.open('one', limits)
  onTestFinished(() => instance.close())
  const quota = (): Promise<string> => cpuFile(made, 'one', 'cpu.cfs_quota_us', 'cpu.max')

  const before = await quota()
  instance.booted()

  expect(before).toMatch(/^100000/)
  expect(await quota()).toMatch(/^35000/)
})

test.skipIf(missing)(`${title} a spare gives way to the others until it has booted${suffix}`, async () => {
  const made = await opened()
  const instance = made.groups.open('one', { ...limits, isSpare: true })
  onTestFinished(() => instance.close())
  const gives = (): Promise<string> =>
    cpuFile(made, 'one', 'cpu.idle', 'cpu.idle').catch(() => 'unknown here')

  const before = await gives()
  instance.booted()

  expect(before).toMatch(/^(?:1|unknown here)$/)
  expect(await gives()).toMatch(/^(?:0|unknown here)$/)
  expect(await cpuFile(made, 'one', 'cpu.shares', 'cpu.weight')).toMatch(/^(?:358|35)$/)
})

test.skipIf(missing)(`${title} a process puts itself under all limits${suffix}`, async () => {
  const made = await opened()
  const instance = made.groups.open('one', limits)
  onTestFinished(() => instance.close())

  const script = `${instance.outside}exec cat /proc/self/cgroup`
  const groups = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\n')

  const own = `${basename(made.folders.cpu)}/one`
  const wanted = made.folders.version === 2 ? [''] : ['memory', 'pids', 'cpu', 'cpuacct', 'freezer']
  for (const controller of wanted) {
    const line = groups.find(text => text.split(':')[1]?.split(',').includes(controller))
    expect(line?.endsWith(own), `${controller}: ${line}`).toBe(true)
  }
})
