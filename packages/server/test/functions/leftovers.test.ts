import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { FunctionsBench, isAlive, until } from './bench.ts'

const program = fileURLToPath(new URL('killed-server.ts', import.meta.url))

test('instances of a killed server end by themselves, or when the next one starts', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-killed-'))
  const server = spawn(process.execPath, [program, join(folder.path, 'data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: folder.path },
  })
  const [printed] = (await once(server.stdout, 'data')) as [Buffer]
  const { idle, spinning } = JSON.parse(String(printed)) as { idle: number; spinning: number }
  server.kill('SIGKILL')
  await once(server, 'exit')
  await until(() => !isAlive(idle))
  expect(isAlive(spinning)).toBe(true)

  await using bench = await FunctionsBench.open({ dataFolder: join(folder.path, 'data') })
  await until(() => !isAlive(spinning))
  expect(await readdir(join(folder.path, 'data/run'))).toEqual([])
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
