import { existsSync } from 'node:fs'
import { mkdtempDisposable, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  defaultLauncherLimits,
  directLauncher,
  type Launched,
  type Launcher,
  LauncherProcess,
  type LaunchRequest,
} from '../../src/functions/sandbox/launcher/index.ts'
import { ProcessSandbox } from '../../src/functions/sandbox/index.ts'
import { FunctionsBench, isAlive, silentLog, until } from './bench.ts'

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'millrace-launcher-'))
  onTestFinished(() => folder.remove())
  return folder.path
}

async function open(limits = defaultLauncherLimits): Promise<LauncherProcess> {
  const launcher = new LauncherProcess({ folder: await temporaryFolder(), log: silentLog, limits })
  onTestFinished(() => launcher.close())
  return launcher
}

const stream = { kind: 'stream' } as const

function request(command: string, args: string[], change: Partial<LaunchRequest> = {}): LaunchRequest {
  const descriptors = [{ kind: 'nothing' }, stream, stream] as const
  return { command, args, folder: '/', environment: {}, descriptors, ...change }
}

function shell(script: string, change: Partial<LaunchRequest> = {}): LaunchRequest {
  return request('/bin/sh', ['-c', script], change)
}

/** Prints its arguments and its environment, each as JSON. */
const mirror = 'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env]))'

/** Whatever a program can be given: any text but the zero byte. */
const oddities = [
  '',
  ' ',
  'a"b\'c',
  '$HOME `id` \\ \n\r\t',
  '\u0001\u007f',
  'ü€😀',
  '--',
  '-x',
  '\u2028',
  '{"id":1}',
]

const sleeping = shell('exec sleep 600')

async function all(launched: Launched): Promise<[string, string, unknown]> {
  return await Promise.all([text(launched.stream(1)), text(launched.stream(2)), launched.ended])
}

describe.each([
  ['the server itself', () => Promise.resolve<Launcher>(directLauncher)],
  ['a program of its own', open],
])('a process that is started from %s', (_where, launcherOf) => {
  test('gets arguments and environment as they are, and nothing else', async () => {
    const launcher = await launcherOf()
    const environment = Object.fromEntries(oddities.map((value, index) => [`V${index}`, value]))
    const launched = await launcher.launch(
      request(process.execPath, ['-e', mirror, '--', ...oddities], { environment }),
    )

    const [output, errors, end] = await all(launched)

    expect(JSON.parse(output)).toEqual([oddities, environment])
    expect([errors, end]).toEqual(['', { code: 0, signal: null }])
  })

  test('reads files and texts, byte by byte, and then their end', async () => {
    const launcher = await launcherOf()
    const path = join(await temporaryFolder(), 'file')
    await writeFile(path, Buffer.from([0, 255, 10, 128]))
    const long = `${oddities.join('\0')}\0`.repeat(5_000)
    const descriptors = [
      { kind: 'nothing' },
      stream,
      stream,
      { kind: 'file', path },
      { kind: 'text', text: long },
    ] as const
    const launched = await launcher.launch(shell('cat <&3; cat <&4', { descriptors }))

    const output = await buffer(launched.stream(1))

    expect(output.equals(Buffer.concat([Buffer.from([0, 255, 10, 128]), Buffer.from(long)]))).toBe(true)
  })

  test('is talked to in both directions, and is told the end', async () => {
    const launcher = await launcherOf()
    const descriptors = [{ kind: 'nothing' }, stream, stream, stream] as const
    const script = 'read -r line <&3; echo "got $line" >&3; cat <&3 >/dev/null; echo over'
    const launched = await launcher.launch(shell(script, { descriptors }))
    const talk = launched.stream(3)
    talk.write('word\n')
    const [answer] = await new Promise<Buffer[]>(resolve => talk.once('data', (...data) => resolve(data)))
    talk.destroy()

    const [output] = await all(launched)

    expect(String(answer)).toBe('got word\n')
    expect(output).toBe('over\n')
  })

  test('waits with its output for who reads it, and none is lost', async () => {
    const launcher = await launcherOf()
    const megabytes = 32
    const script = `const block = Buffer.alloc(1048576, 'x')
      const fs = require('node:fs')
      for (let count = 0; count < ${megabytes}; count++) {
        fs.writeSync(1, block)
        fs.writeFileSync('written', String(count + 1))
      }`
    const folder = await temporaryFolder()
    const launched = await launcher.launch(request(process.execPath, ['-e', script], { folder }))
    // While another is started and runs to its end nobody reads.
    await all(await launcher.launch(request(process.execPath, ['-e', ''])))
    const hasGoneOn = existsSync(join(folder, 'written'))

    const { length } = await buffer(launched.stream(1))

    expect(hasGoneOn).toBe(false)
    expect(length).toBe(megabytes * 1_048_576)
  })

  test('tells its code or the signal that ended it', async () => {
    const launcher = await launcherOf()
    const ends = ['exit 7', 'kill -KILL $$'].map(async script => (await launcher.launch(shell(script))).ended)

    expect(await Promise.all(ends)).toEqual([
      { code: 7, signal: null },
      { code: null, signal: 'SIGKILL' },
    ])
  })

  test('heads a process group of its own, in the folder that was asked for', async () => {
    const launcher = await launcherOf()
    const folder = await temporaryFolder()
    const launched = await launcher.launch(shell('pwd; exec sleep 600', { folder }))
    const [output] = await new Promise<Buffer[]>(resolve =>
      launched.stream(1).once('data', (...data) => resolve(data)),
    )
    process.kill(-launched.processId, 'SIGKILL')

    expect(String(output)).toBe(`${folder}\n`)
    expect(await launched.ended).toEqual({ code: null, signal: 'SIGKILL' })
  })

  test('is refused with the reason of the system when it cannot be started', async () => {
    const launcher = await launcherOf()

    await expect(launcher.launch(request('/nowhere/program', []))).rejects.toThrow('ENOENT')
    await expect(launcher.launch(shell('true', { folder: '/nowhere' }))).rejects.toThrow('ENOENT')
    await expect(launcher.launch(request('/bin/true', ['a\0b']))).rejects.toThrow('null bytes')
    const descriptors = [{ kind: 'file', path: '/nowhere' }] as const
    await expect(launcher.launch(request('/bin/true', [], { descriptors }))).rejects.toThrow('ENOENT')
  })

  test('is one of many at once, each with its own streams', async () => {
    const launcher = await launcherOf()
    const numbers = Array.from({ length: 60 }, (_, index) => index)

    const seen = await Promise.all(
      numbers.map(async number =>
        all(await launcher.launch(shell(`echo ${number}; echo ${number}e >&2; exit ${number}`))),
      ),
    )

    expect(seen).toEqual(
      numbers.map(number => [`${number}\n`, `${number}e\n`, { code: number, signal: null }]),
    )
  })
})

describe('the program that starts processes', () => {
  test('takes its processes with it when it is killed, and another takes its place', async () => {
    const launcher = await open()
    const launched = await launcher.launch(sleeping)
    const first = (await launcher.processId()) ?? 0
    process.kill(first, 'SIGKILL')

    expect(await launched.ended).toEqual({ code: null, signal: 'SIGKILL' })
    await until(() => !isAlive(launched.processId))
    expect((await all(await launcher.launch(shell('echo again'))))[0]).toBe('again\n')
    expect(await launcher.processId()).not.toBe(first)
  })

  test('is killed when it does not answer, and who waits is told', async () => {
    const limits = { ...defaultLauncherLimits }
    const launcher = await open(limits)
    const launched = await launcher.launch(sleeping)
    const first = (await launcher.processId()) ?? 0
    process.kill(first, 'SIGSTOP')
    // Only now: a busy machine may take its time over the first one.
    limits.answerMsMax = 50

    await expect(launcher.launch(sleeping)).rejects.toThrow('the launcher has ended: SIGKILL')
    expect(await launched.ended).toEqual({ code: null, signal: 'SIGKILL' })
    limits.answerMsMax = defaultLauncherLimits.answerMsMax
    expect((await all(await launcher.launch(shell('echo again'))))[0]).toBe('again\n')
  })

  test('is not to be ended by what ends a group of processes', async () => {
    const launcher = await open()
    await launcher.launch(shell('true'))
    const first = (await launcher.processId()) ?? 0
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(first, signal)

    expect((await all(await launcher.launch(shell('echo on'))))[0]).toBe('on\n')
    expect(await launcher.processId()).toBe(first)
  })

  test('ends with what it has started, and leaves no socket', async () => {
    const folder = await temporaryFolder()
    const launcher = new LauncherProcess({ folder: join(folder, 'run'), log: silentLog })
    const launched = await launcher.launch(sleeping)
    const program = (await launcher.processId()) ?? 0

    await launcher.close()
    await launcher.close()

    await until(() => !isAlive(launched.processId) && !isAlive(program))
    expect(await readdir(join(folder, 'run'))).toEqual([])
    await expect(launcher.launch(sleeping)).rejects.toThrow('closed')
  })

  test('is not started when nothing is', async () => {
    const folder = join(await temporaryFolder(), 'run')
    await new LauncherProcess({ folder, log: silentLog }).close()

    expect(existsSync(folder)).toBe(false)
  })

  test('takes so many starts at once, of such a size', async () => {
    const launcher = await open({ ...defaultLauncherLimits, startsMax: 2, requestLengthMax: 1_000 })
    const starts = [1, 2, 3].map(number => launcher.launch(shell(`exit ${number}`)))

    const seen = await Promise.allSettled(starts)

    expect(seen.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(seen[2]).toMatchObject({ reason: { message: expect.stringContaining('2 starts are waiting') } })
    await expect(launcher.launch(shell('x'.repeat(1_000)))).rejects.toThrow('takes at most 1000')
  })
})

test('a call whose launcher dies fails as when its process does, and the next one is served', async () => {
  const launcher = await open()
  await using bench = await FunctionsBench.open({ sandbox: new ProcessSandbox(launcher) })
  await bench.define(
    'wait',
    'exports.handler = async event => { console.log("here"); return String(event) || new Promise(() => {}) }',
  )
  const waiting = bench.invoke('wait')
  await bench.logged('wait', 'here')
  process.kill((await launcher.processId()) ?? 0, 'SIGKILL')

  expect(await waiting).toMatchObject({ status: 'failed', failure: { cause: 'exited' } })
  expect(await bench.text('wait', 'served')).toBe('served')
})
