import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtempDisposable, readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { chooseSandbox, type SandboxedProcess } from '../../src/functions/sandbox/index.ts'

const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** A shell that runs this script in the sandbox, connected; `undefined` where the machine cannot do that. */
async function start(script: string): Promise<{ instance: SandboxedProcess; data: string } | undefined> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'millrace-network-'))
  onTestFinished(() => folder.remove())
  const sandbox = await chooseSandbox({
    choice: 'auto',
    dataFolder: folder.path,
    searchPath: '/usr/bin:/usr/sbin',
    log: silentLog,
  })
  onTestFinished(async () => await sandbox.close?.())
  const isShared = sandbox.weaknesses.some(weakness => weakness.includes('share'))
  if (sandbox.kind !== 'bubblewrap' || isShared) return undefined
  const house = join(folder.path, 'run', '1')
  const temporaryPath = join(house, 'tmp')
  const codePath = join(house, 'code')
  for (const path of [temporaryPath, codePath]) await mkdir(path, { recursive: true })
  const socketPath = join(house, 's')
  const server = createServer().listen(socketPath)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const plan = { command: '/bin/sh', args: ['-c', script], environment: {}, readOnlyPaths: [] }
  const limits = { memoryMiB: 64, cpu: 1, diskMiB: 8, network: 'on' } as const
  const folders = { socketPath, temporaryPath, codePath, layersPath: undefined }
  return { instance: await sandbox.spawn(plan, limits, folders), data: folder.path }
}

/** Names of programs that run for the instance of this data folder, outside or inside. */
async function programs(data: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '')
    if (!environment.includes(`MILLRACE_SOCKET=${data}/run/1/`)) continue
    found.push((await readFile(`/proc/${entry}/comm`, 'utf8').catch(() => '')).trim())
  }
  return found
}

const missing = !existsSync('/usr/bin/slirp4netns') || !existsSync('/dev/net/tun')
const suffix = missing ? ' (needs slirp4netns: the machine has none, or no /dev/net/tun)' : ''

test.skipIf(missing)(
  `a connected instance has a way out, and nothing of what connects it${suffix}`,
  async context => {
    // It runs while it is being connected: a runtime hears only afterwards what it is to run.
    const connected = 'while ! grep -q "^tap0.00000000" /proc/net/route; do sleep 0.01; done'
    const started = await start(
      `ls /proc/self/fd | sort -n | tr "\\n" " "; ${connected}; cat /proc/net/route`,
    )
    if (started === undefined) context.skip('needs a sandbox that connects instances apart')
    const { instance } = started ?? {}

    const output = instance === undefined ? '' : await text(instance.output)

    // Its input and output, the folder that is being listed, and what whoever started the tests has left open.
    expect(output.split('Iface')[0]).toMatch(/^0 1 2 3 (?:\d{2,} )*$/)
    expect(output).toMatch(/^tap0\t00000000/m)
  },
)

test.skipIf(missing)(`what connects an instance ends with it${suffix}`, async context => {
  const started = await start('sleep 600')
  if (started === undefined) return context.skip('needs a sandbox that connects instances apart')
  expect(await programs(started.data)).toContain('slirp4netns')

  started.instance.kill()
  await started.instance.exited

  while ((await programs(started.data)).length > 0) await pause(10)
})
