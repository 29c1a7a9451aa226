import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { FunctionsBench, isAlive, until } from './bench.ts'

const program = fileURLToPath(new URL('killed-server.ts', import.meta.url))

interface KilledServer extends AsyncDisposable {
  readonly data: string
  /** Process of an instance that has nothing to do, and of one that computes without end. */
  readonly idle: number
  readonly spinning: number
  /** The program that started them. */
  readonly launcher: number
  kill(): Promise<void>
}

async function startServer(): Promise<KilledServer> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'millrace-killed-'))
  const data = join(folder.path, 'data')
  const server = spawn(process.execPath, [program, data], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: folder.path },
  })
  const [printed] = (await once(server.stdout, 'data')) as [Buffer]
  return {
    ...(JSON.parse(String(printed)) as { idle: number; spinning: number }),
    data,
    launcher: await launcherOf(data),
    async kill() {
      server.kill('SIGKILL')
      await once(server, 'exit')
    },
    [Symbol.asyncDispose]: () => folder.remove(),
  }
}

async function launcherOf(data: string): Promise<number> {
  const mark = `MILLRACE_SOCKET=${join(data, 'run')}/.launcher`
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '')
    if (environment.startsWith(mark)) return Number(entry)
  }
  throw new Error('the server has started a launcher')
}

test('what a killed server has started ends by itself', async () => {
  await using server = await startServer()

  await server.kill()

  await until(() => ![server.idle, server.spinning, server.launcher].some(isAlive))
})

test('what could not end by itself ends when the next server starts', async () => {
  await using server = await startServer()
  process.kill(server.launcher, 'SIGSTOP')
  await server.kill()
  await until(() => !isAlive(server.idle))
  expect([server.spinning, server.launcher].map(isAlive)).toEqual([true, true])

  await using bench = await FunctionsBench.open({ dataFolder: server.data })
  await until(() => ![server.spinning, server.launcher].some(isAlive))
  expect(await readdir(join(server.data, 'run'))).toEqual([])
  await bench.define('echo', 'exports.handler = async event => event')
  expect(await bench.text('echo', 'on we go')).toBe('on we go')
})

test('a data folder may be given relative to the folder of the server', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-relative-'))
  await using bench = await FunctionsBench.open({ dataFolder: relative(process.cwd(), folder.path) })
  await bench.define('echo', 'exports.handler = async event => event')
  expect(await bench.text('echo', 'found')).toBe('found')
})

test('a data folder with a long path works: sockets have short ones', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-long-'))
  await using bench = await FunctionsBench.open({ dataFolder: join(folder.path, 'x'.repeat(120)) })
  await bench.define('echo', 'exports.handler = async event => event')
  expect(await bench.text('echo', 'short')).toBe('short')
})
